/** How answers are compared: by the shape of each pair, exactly, or as text. */
export type Comparator = 'auto' | 'exact' | 'text'
