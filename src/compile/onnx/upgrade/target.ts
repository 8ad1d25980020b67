/** The opset that nodes are brought up to and written in at least; nodes of a newer one keep theirs. */
export const targetOpset = 21
/** The newest opset whose changes have been looked through. */
export const newestOpset = 28
