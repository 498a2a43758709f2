// Who was erased, and since when, in SQL.

/** True of all rows `r` but those who were erased after a walk began. Hardly any is erased: only then is more looked up. */
export const notErasedSince = (began: string): string => `(r.erased = 0 OR ${erasedBy(began)})`;

/** Whether the person of row `r` was erased at a place or before it. */
export const erasedBy = (place: string): string =>
  `EXISTS (SELECT 1 FROM trail e CROSS JOIN activity a ON a.place = e.place
    WHERE e.rid = r.rid AND e.place <= ${place} AND a.event_type IN (SELECT n.number FROM names n WHERE n.text GLOB '*Erased'))`;
