/** Page numbers as a person writes them: [1, 2, 3, 7] is "1–3, 7"; a long list ends in "…". */
export function pageRanges(pages: number[], most = 6): string {
  const ranges: Array<[first: number, last: number]> = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open && page <= open[1] + 1) open[1] = page;
    else ranges.push([page, page]);
  }
  const shown = ranges.slice(0, most).flatMap(([first, last]) => {
    if (first === last) return [`${first}`];
    return last === first + 1 ? [`${first}`, `${last}`] : [`${first}–${last}`];
  });
  if (ranges.length > most) shown.push("…");
  return shown.join(", ");
}
