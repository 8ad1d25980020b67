/** npm's own definitions of its configuration; the published types cover only the package's main module. */
declare module '@npmcli/config/lib/definitions/index.js' {
  import type Config from '@npmcli/config'

  const definitions: {
    readonly definitions: Config.DefinitionsObject
    readonly shorthands: Config.ShortFlags
    readonly flatten: NonNullable<Config.Options['flatten']>
  }
  export default definitions
}
