import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FormatError, NetworkError } from '../../src/core/errors.ts'
import { datasets } from '../../src/data/index.ts'

let source: string
beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'tenon-tables-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(source, { recursive: true, force: true })
})

const car = {
  Name: 'a car',
  Miles_per_Gallon: null,
  Cylinders: 8,
  Displacement: 307,
  Horsepower: 130,
  Weight_in_lbs: 3504,
  Acceleration: 11.5,
  Year: '1972-01-01',
  Origin: 'USA',
}
const penguin = {
  Species: 'Gentoo',
  Island: 'Biscoe',
  'Beak Length (mm)': 39.1,
  'Beak Depth (mm)': 18.7,
  'Flipper Length (mm)': null,
  'Body Mass (g)': 3750,
}

describe('tables of a local folder', () => {
  test('cars', async () => {
    await writeFile(join(source, 'cars.json'), JSON.stringify([car]))
    expect(await datasets.cars({ source })).toEqual([
      {
        name: 'a car',
        milesPerGallon: null,
        cylinders: 8,
        displacement: 307,
        horsepower: 130,
        weight: 3504,
        acceleration: 11.5,
        year: 1972,
        origin: 'USA',
      },
    ])
  })

  test('penguins, of whom the sex may be unknown', async () => {
    const sexes = ['MALE', 'FEMALE', '.', null]
    await writeFile(join(source, 'penguins.json'), JSON.stringify(sexes.map(Sex => ({ ...penguin, Sex }))))
    const read = await datasets.penguins({ source })
    expect(read.map(({ sex }) => sex)).toEqual(['male', 'female', null, null])
    expect(read[0]).toMatchObject({ species: 'Gentoo', island: 'Biscoe', beakLength: 39.1, flipperLength: null })
  })

  test('births', async () => {
    await writeFile(join(source, 'data.csv'), 'year,month,date_of_month,day_of_week,births\n1994,1,2,7,7772\n')
    expect(await datasets.usBirths({ source })).toEqual([{ year: 1994, month: 1, day: 2, dayOfWeek: 7, births: 7772 }])
  })

  test.each([
    ['no JSON', '{', 'JSON'],
    ['no list', '{}', 'a list of records'],
    ['no records', '[1]', 'a record'],
    ['a missing column', JSON.stringify([{ ...car, Weight_in_lbs: undefined }]), "a number in 'Weight_in_lbs'"],
    ['text for a number', JSON.stringify([car, { ...car, Cylinders: '8' }]), "a number in 'Cylinders'"],
    ['a number for text', JSON.stringify([{ ...car, Origin: 3 }]), "text in 'Origin'"],
  ])('refuses %s', async (_, content, expected) => {
    await writeFile(join(source, 'cars.json'), content)
    const error = await datasets.cars({ source }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(FormatError)
    expect(error).toMatchObject({ expected })
  })

  test.each([
    ['a cell that is no number', 'year,month,date_of_month,day_of_week,births\n1994,1,2,7,many\n'],
    ['an empty cell', 'year,month,date_of_month,day_of_week,births\n1994,1,2,7,\n'],
    ['a line that is too short', 'year,month,date_of_month,day_of_week,births\n1994,1,2,7\n'],
    ['nothing but a header', 'year,month,date_of_month,day_of_week,births\n'],
  ])('refuses %s', async (_, content) => {
    await writeFile(join(source, 'data.csv'), content)
    await expect(datasets.usBirths({ source })).rejects.toBeInstanceOf(FormatError)
  })
})

test('offline is a NetworkError that names the way out', async () => {
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9/')
  vi.stubEnv('npm_config_userconfig', join(source, 'npmrc'))
  const error = await datasets.usBirths({ cache: source }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(NetworkError)
  expect(error).toMatchObject({ remedy: expect.stringContaining("{ source: '/path/to/US births' }") })
})

test('the project pins the tables with their right sizes and hashes', async () => {
  // Downloaded once, kept afterwards: the same cache as the examples'.
  const [cars, penguins, births] = await Promise.all([datasets.cars(), datasets.penguins(), datasets.usBirths()])
  expect([cars.length, penguins.length, births.length]).toEqual([406, 344, 3652])
})
