/**
 * Base of classes whose instances are functions too. The constructor returns a function with the class's prototype, which then
 * is `this` in the subclass's constructor; calling an instance calls its `onCall`.
 */
export abstract class Callable {
  constructor() {
    const self = (...given: unknown[]): unknown => made.onCall(...given)
    // A function's own `name` and `length` would shadow those of the class.
    Reflect.deleteProperty(self, 'name')
    Reflect.deleteProperty(self, 'length')
    const made: this = Object.setPrototypeOf(self, new.target.prototype)
    // biome-ignore lint/correctness/noConstructorReturn: the instance is the function.
    return made
  }

  protected abstract onCall(...given: unknown[]): unknown
}
