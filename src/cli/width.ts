// How many columns of a terminal a text takes.

const ASCII = /^[\u0020-\u007e]*$/u;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** What takes two columns: ideographs, syllables, emoji, full-width forms (Unicode Standard Annex #11). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

const columnsOf = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1);

export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += columnsOf(segment);
  return width;
}

/** The text, or as much of it as so many columns hold, an ellipsis the last of them. */
export function cutTo(most: number, text: string): string {
  let width = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    width += columnsOf(segment);
    if (width < most) end = index + segment.length;
    if (width > most) return `${text.slice(0, end)}…`;
  }
  return text;
}
