/** Colours by role. Blue and orange differ in hue and lightness, so they stay apart for colour-blind readers. */
export interface Palette {
  readonly ink: string
  readonly muted: string
  readonly paper: string
  readonly right: string
  readonly wrong: string
  readonly train: string
  readonly validation: string
  /** Text on a cell that is strongly `right` or `wrong`. */
  readonly onFill: string
}

const role = (name: string): string => `var(--${name})`

/** For the page: the style sheet decides, by the reader's light or dark setting. */
export const pagePalette: Palette = {
  ink: role('ink'),
  muted: role('muted'),
  paper: role('paper'),
  right: role('right'),
  wrong: role('wrong'),
  train: role('train'),
  validation: role('validation'),
  onFill: role('on-fill'),
}

/** For PNGs, and the page in a light setting. */
export const lightPalette: Palette = {
  ink: '#1b1f24',
  muted: '#5b6570',
  paper: '#ffffff',
  right: '#2563a8',
  wrong: '#c2560c',
  train: '#2563a8',
  validation: '#c2560c',
  onFill: '#ffffff',
}

export const darkPalette: Palette = {
  ink: '#e8ebef',
  muted: '#9aa5b1',
  paper: '#14181d',
  right: '#5b9be0',
  wrong: '#f0883e',
  train: '#6aa9ee',
  validation: '#f39a55',
  onFill: '#0d1117',
}
