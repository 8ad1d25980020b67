/** Text with names from a file, for the terminal: no control characters of theirs reach it. */
export const safe = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?')
