// Two recordings of one workload beside each other.

const VERDICTS = {
  FASTER: {name: 'B is faster', colour: PALETTE[2], tone: 'good'},
  SAME: {name: 'no difference', colour: VENDOR, tone: ''},
  SLOWER: {name: 'B is slower', colour: PALETTE[1], tone: 'bad'},
};

const COMPARISON = [
  ['headline', 'Headline', comparison => [comparisonTiles(comparison), sides(comparison)]],
  ['shapes', 'Shape by shape', comparison => [ratios(comparison), times(comparison)]],
];

function shapeName(comparison, shape) {
  return comparison.variables.map((variable, i) => `${variable} = ${count(shape.shape[i])}`).join(', ');
}

function comparisonTiles(comparison) {
  const band = `within ${percent(comparison.band)} nothing can be told`;
  const tile = (label, value, more, tone) => h('div', {class: 'tile'},
    h('dt', {}, label), h('dd', {class: 'value ' + (tone || '')}, value), h('dd', {class: 'more'}, more));
  const counted = Object.keys(VERDICTS).map(verdict => comparison.shapes.filter(shape => shape.verdict === verdict).length);
  return h('dl', {class: 'tiles five'},
    tile('Verdict', VERDICTS[comparison.verdict].name, band, VERDICTS[comparison.verdict].tone),
    tile('Weighted', ratio(comparison.weighted), known(comparison.weighted) ? 'A’s time over B’s, all shapes together'
      : 'the weights of the shapes are not known'),
    tile('Geometric mean', ratio(comparison.geometricMean), `of A’s time over B’s, ${some(comparison.shapes.length, 'shape')}`),
    tile('Worst shape of B', ratio(comparison.worst), comparison.variables.map((variable, i) =>
      `${variable} = ${count(comparison.worstShape[i])}`).join(', '), comparison.worst < 1 ? 'bad' : 'good'),
    tile('Shapes', `${counted[0]} / ${counted[1]} / ${counted[2]}`, 'faster, no difference, slower in B'));
}

/** What differs between the two is strong. */
function sides(comparison) {
  const {a, b} = comparison;
  const row = (name, one, other) => h('tr', {}, h('th', {scope: 'row'}, name),
    ...[one, other].map(value => h('td', {}, one === other ? value : h('strong', {}, value))));
  const tools = [...new Set([...Object.keys(a.versions), ...Object.keys(b.versions)])].sort();
  return h('article', {class: 'card full'}, h('h3', {}, 'What is compared'),
    h('p', {class: 'read'}, `What differs is strong. The noise band is ${comparison.bandSource}.`),
    h('div', {class: 'facts single'}, h('table', {}, h('caption', {class: 'unseen'}, 'What is compared'),
      h('thead', {}, h('tr', {}, h('td', {}), h('th', {scope: 'col'}, 'A'), h('th', {scope: 'col'}, 'B'))),
      h('tbody', {},
        row('name', a.name, b.name), row('bundle', a.folder, b.folder), row('made', a.created, b.created),
        row('hardware', a.model, b.model), row('threads', String(a.threads), String(b.threads)),
        ...tools.map(tool => row(tool, a.versions[tool] || '–', b.versions[tool] || '–'))))));
}

/** Along the only variable, else along A's time. */
function comparedAxis(comparison, padding) {
  const single = comparison.variables.length === 1;
  const unitOf = timeUnit(comparison.shapes.map(shape => shape.secondsA));
  const x = shape => single ? shape.shape[0] : shape.secondsA * unitOf.per;
  const xs = comparison.shapes.map(x);
  const margin = padding * (Math.max(...xs) - Math.min(...xs)) || 1;
  return {x, axis: single
    ? axis('shape variable ' + comparison.variables[0], {min: Math.min(...xs) - margin, max: Math.max(...xs) + margin,
      axisLabel: {showMinLabel: false, showMaxLabel: false}})
    : factors(`time of a call of A (${unitOf.name}), logarithmic`, xs)};
}

function comparedTip(comparison, shape) {
  return tip(shapeName(comparison, shape), `A ${time(shape.secondsA)}, B ${time(shape.secondsB)}`,
    `A’s time over B’s ${ratio(shape.ratio)}, band ${percent(shape.band)}: ${VERDICTS[shape.verdict].name}`,
    known(shape.vendorRatioA) ? `against the vendor A ${ratio(shape.vendorRatioA)}, B ${ratio(shape.vendorRatioB)}` : null);
}

const comparedColumns = comparison => [
  {name: comparison.variables.join(', '), of: shape => shape.shape.join(', '), kind: 'number'},
  {name: 'A', of: shape => time(shape.secondsA), kind: 'number'},
  {name: 'B', of: shape => time(shape.secondsB), kind: 'number'},
  {name: 'A over B', of: shape => ratio(shape.ratio), kind: 'number'},
  {name: 'band', of: shape => percent(shape.band), kind: 'number'},
  {name: 'verdict', of: shape => VERDICTS[shape.verdict].name},
];

function ratios(comparison) {
  const place = comparedAxis(comparison, 0.02);
  const verdicts = Object.entries(VERDICTS).map(([key, verdict]) => ({...verdict, key, shown: true}));
  const spec = {
    title: 'How much faster B is', full: true, height: 360,
    read: 'Each point is a shape that both were timed on: above 0 B is faster, below it slower. In the grey band, the noise of a mean, '
      + 'nothing can be told; the noise of a single shape is wider.',
    controls: [chips(verdicts, 'Shapes that are shown', () => charts.find(it => it.spec === spec).update())],
    option: look => ({
      xAxis: place.axis,
      yAxis: axis('B faster by (%)', {scale: false}),
      tooltip: {trigger: 'item', formatter: event => event.data?.shape ? comparedTip(comparison, event.data.shape) : ''},
      series: verdicts.filter(verdict => verdict.shown).map((verdict, i) => ({
        type: 'scatter', name: verdict.name, symbolSize: 9, itemStyle: {color: verdict.colour},
        data: comparison.shapes.filter(shape => shape.verdict === verdict.key)
          .map(shape => ({value: [place.x(shape), 100 * (shape.ratio - 1)], shape})),
        markArea: i ? undefined : {silent: true, itemStyle: {color: look.quiet, opacity: 0.15},
          data: [[{yAxis: 100 * (1 / (1 + comparison.band) - 1)}, {yAxis: 100 * comparison.band}]]},
        markLine: i ? undefined : {silent: true, symbol: 'none', label: {show: false}, lineStyle: {color: look.text, type: 'solid'}, data: [{yAxis: 0}]},
      })),
    }),
    points: () => verdicts.filter(verdict => verdict.shown).flatMap((verdict, series) =>
      comparison.shapes.filter(shape => shape.verdict === verdict.key).map((shape, index) => (
        {series, index, words: `${shapeName(comparison, shape)}: ${ratio(shape.ratio)}, ${verdict.name}`}))),
    columns: comparedColumns(comparison),
    rows: () => comparison.shapes,
  };
  return card(spec);
}

function times(comparison) {
  const place = comparedAxis(comparison, 0);
  const shapes = comparison.shapes.slice().sort((a, b) => place.x(a) - place.x(b));
  const unitOf = timeUnit(shapes.map(shape => shape.secondsA));
  const lines = [
    {name: 'A', of: shape => shape.secondsA, colour: PALETTE[0], symbol: 'circle', shown: true},
    {name: 'B', of: shape => shape.secondsB, colour: PALETTE[1], symbol: 'rect', shown: true}];
  const spec = {
    title: 'Time of a call', full: true, height: 360,
    read: 'What a call takes in A and in B, by shape.',
    controls: [chips(lines, 'Lines that are shown', () => charts.find(it => it.spec === spec).update())],
    option: () => ({
      xAxis: place.axis,
      yAxis: factors(`time of a call (${unitOf.name}), logarithmic`, shapes.flatMap(shape => lines.map(line => line.of(shape) * unitOf.per))),
      dataZoom: zoom(),
      tooltip: {trigger: 'axis', formatter: events => comparedTip(comparison, events[0].data.shape)},
      series: lines.filter(line => line.shown).map(line => ({
        type: comparison.variables.length === 1 ? 'line' : 'scatter', name: line.name, symbol: line.symbol, symbolSize: 6,
        itemStyle: {color: line.colour}, lineStyle: {width: 2},
        data: shapes.map(shape => ({value: [place.x(shape), line.of(shape) * unitOf.per], shape}))})),
    }),
    points: () => shapes.map((shape, index) => ({series: 0, index,
      words: `${shapeName(comparison, shape)}: A ${time(shape.secondsA)}, B ${time(shape.secondsB)}`})),
  };
  return card(spec);
}

function showComparison(comparison) {
  present(`A ${comparison.a.name} and B ${comparison.b.name}`,
    `${comparison.a.workload}: ${comparison.a.model} and ${comparison.b.model}. A ratio is A’s time over B’s; above 1 B is faster.`,
    [], COMPARISON, comparison);
}
