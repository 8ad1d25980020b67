/** What `evaluate` returns and a callback sees: the loss and the metrics by name. */
export type Logs = Readonly<Record<string, number>>

/** One entry per finished epoch under each name: `loss`, `accuracy`, `valLoss`, `valAccuracy`, … */
export type History = Record<string, number[]>

/** `accuracy` → `valAccuracy`. */
export const validationName = (name: string): string => `val${name.charAt(0).toUpperCase()}${name.slice(1)}`

export function recordEpoch(history: History, logs: Logs): void {
  for (const [name, value] of Object.entries(logs)) {
    const list = history[name] ?? []
    list.push(value)
    history[name] = list
  }
}
