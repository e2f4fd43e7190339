/* From lines of finished outputs in shared memory to rows of c, by a team of threads that store what lies side by side: 16 bytes where rows
 * allow, else as much as they do. LINES of LINE elements lie LINE_APART elements from one to the next. */
template <class Access, int LINES, int LINE, int LINE_APART, int TEAM, class Mine>
TESSERA_DEVICE void store_lines_by(const tessera_output *lines, tessera_output *c, int row0, int column0, int m, int n, int member, Mine mine) {
  constexpr int EACH = (int)sizeof(Access) / Element<OUTPUT_TYPE>::BYTES, ACROSS = LINE / EACH;
  for (int f = member; f < LINES * ACROSS; f += TEAM) {
    const int line = f / ACROSS, at = f % ACROSS * EACH, r = row0 + line, s = column0 + at;
    if (r < m && s < n && mine(line, at)) *(Access *)(c + (long long)r * n + s) = *(const Access *)(lines + line * LINE_APART + at);
  }
}

/* mine(line, at): whether the eight elements around this one are to be stored. WHOLE: rows of c are known to be whole 16 bytes. */
template <bool WHOLE, int LINES, int LINE, int LINE_APART, int TEAM, class Mine>
TESSERA_DEVICE void store_lines(const tessera_output *lines, tessera_output *c, int row0, int column0, int m, int n, int member, Mine mine) {
  if (WHOLE || is_whole(c, n))
    store_lines_by<float4, LINES, LINE, LINE_APART, TEAM>(lines, c, row0, column0, m, n, member, mine);
  else if (Element<OUTPUT_TYPE>::BYTES == 2 && n % 2 == 0 && (size_t)c % 4 == 0)
    store_lines_by<unsigned, LINES, LINE, LINE_APART, TEAM>(lines, c, row0, column0, m, n, member, mine);
  else
    store_lines_by<tessera_output, LINES, LINE, LINE_APART, TEAM>(lines, c, row0, column0, m, n, member, mine);
}
