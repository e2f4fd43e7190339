// What the hardware could do: roofline, padding and waves, and what the micro-kernels take of it.

function rooflineSection(subject, shapes) {
  return [rooflineCard(subject, shapes), efficiencyCard(subject, shapes), resourcesCard(subject)];
}

function rooflineCard(subject, shapes) {
  const points = subject.points;
  const x = point => points.flops[point] / points.bytes[point];
  const rate = point => points.flops[point] / shapes.seconds(point);
  const rated = () => shapes.all.filter(point => known(shapes.seconds(point)));
  const unitOf = speedUnit(subject.why.points ? [] : rated().map(rate));
  const peak = subject.peak.flops;
  const bandwidth = subject.peak.bytes;
  return card({
    title: 'Roofline', full: true, height: 420, canvas: true, shapes, why: subject.why.points,
    read: `Each point is a shape: to the right are those that do more work for each byte of operands and output. The level line is the peak, `
      + `${speed(peak)}, ${subject.notes.peak}; calls that run at a higher clock than that loop can pass it. `
      + (known(bandwidth) ? `The slope is the memory's ${number(bandwidth * 1e-12)} TB/s on paper; points above it have operands in a cache.`
        : subject.notes.bandwidth || ''),
    option: look => ({
      grid: {left: 62, right: 18, top: 14, bottom: 48},
      xAxis: factors('work for each byte (FLOP/B), logarithmic', rated().map(x)),
      yAxis: factors(`speed (${unitOf.name}), logarithmic`, rated().map(rate).concat([peak]).map(value => value * unitOf.per)),
      tooltip: {trigger: 'item', formatter: event => known(event.data?.point) ? shapeTip(shapes, event.data.point) : ''},
      series: [
        {type: 'scatter', symbolSize: 8, data: rated().map(point => ({value: [x(point), rate(point) * unitOf.per], point,
          itemStyle: point === shapes.chosen ? {color: look.accent, borderColor: look.text, borderWidth: 2}
            : {color: planColour(subject, points.plan[point]), opacity: 0.75}}))},
        {type: 'line', silent: true, showSymbol: false, lineStyle: {color: look.text, width: 1.6}, data: roof(rated().map(x), peak, bandwidth, unitOf)},
      ],
    }),
    points: () => rated().map((point, index) => ({series: 0, index, choose: () => shapes.choose(point),
      words: `${shapes.name(point)}: ${speed(rate(point))}, ${number(x(point))} FLOP for each byte`})),
    click: event => known(event.data?.point) && shapes.choose(event.data.point),
    columns: [
      {name: subject.variables.join(', '), of: point => points.values[point].join(', '), kind: 'number'},
      {name: 'FLOP/B', of: point => number(x(point)), kind: 'number'},
      {name: 'speed', of: point => speed(rate(point)), kind: 'number'},
      {name: 'of the peak', of: point => percent(rate(point) / peak), kind: 'number'},
    ],
    rows: rated,
  });
}

function roof(xs, peak, bandwidth, unitOf) {
  const low = Math.min(...xs) / 1.15;
  const high = Math.max(...xs) * 1.15;
  const at = x => [x, Math.min(peak, known(bandwidth) ? x * bandwidth : peak) * unitOf.per];
  const ridge = known(bandwidth) ? peak / bandwidth : low;
  return [low, ...(ridge > low && ridge < high ? [ridge] : []), high].map(at);
}

const EFFICIENCIES = [
  {key: 'padding', name: 'padding', colour: PALETTE[0]},
  {key: 'wave', name: 'waves', colour: PALETTE[1]},
];

function efficiencyCard(subject, shapes) {
  const points = subject.points;
  const kinds = EFFICIENCIES.map(kind => ({...kind, shown: true}));
  const spec = {
    title: 'Padding and wave efficiency by shape', full: true, height: 300, group: 'shapes', shapes, why: subject.why.points || subject.why.efficiency,
    read: 'Padding: the share of computed multiply-adds that the output needs; the rest lies beyond its edges. Waves: mean over '
      + 'greatest work of the parallel parts; what is missing to 100 % is the tail in which some of them wait.',
    controls: [...(subject.why.points ? [] : shapes.controls()), chips(kinds, 'Lines that are shown', () => charts.find(it => it.spec === spec).update())],
    option: look => ({
      xAxis: shapes.xAxis(),
      yAxis: axis('efficiency (%)', {max: 100}),
      dataZoom: zoom(),
      tooltip: {trigger: shapes.isLine() ? 'axis' : 'item', formatter: event => efficiencyTip(subject, shapes, Array.isArray(event) ? event[0] : event)},
      series: kinds.filter(kind => kind.shown).map((kind, i) => ({
        type: shapes.isLine() ? 'line' : 'scatter', name: kind.name, showSymbol: false, symbolSize: 6, itemStyle: {color: kind.colour},
        lineStyle: {width: 1.8, type: kind.key === 'wave' ? 'dashed' : 'solid'},
        data: shapes.slice().map(point => ({value: [shapes.x(point), known(points[kind.key][point]) ? 100 * points[kind.key][point] : null], point})),
        markLine: i === 0 ? marks(shapes, {}, look) : undefined,
      })),
    }),
    points: () => shapes.slice().map((point, index) => ({series: 0, index,
      words: `${shapes.name(point)}: padding ${percent(points.padding[point])}, waves ${percent(points.wave[point])}`})),
    columns: [
      {name: subject.variables.join(', '), of: point => points.values[point].join(', '), kind: 'number'},
      {name: 'padding', of: point => percent(points.padding[point], 3), kind: 'number'},
      {name: 'waves', of: point => percent(points.wave[point], 3), kind: 'number'},
      {name: 'plan', of: point => points.plan[point], kind: 'number'},
    ],
    rows: () => shapes.slice(),
  };
  return card(spec);
}

function efficiencyTip(subject, shapes, event) {
  const point = event?.data?.point;
  return !known(point) ? '' : tip(shapes.name(point), 'padding ' + percent(subject.points.padding[point]),
    'waves ' + percent(subject.points.wave[point]), `plan ${subject.points.plan[point]}: ${subject.plans[subject.points.plan[point]].name}`);
}

/** Registers, spills and occupancy: a table, for there are few micro-kernels and all numbers matter. */
function resourcesCard(subject) {
  const title = 'What the portfolio takes of the device';
  if (subject.why.resources) {
    return card({title, full: true, why: subject.why.resources});
  }
  const names = [...new Set(subject.kernels.flatMap(kernel => Object.keys(kernel.resources)))].sort();
  const occupancy = {name: 'occupancy', of: kernel => percent(kernel.occupancy), kind: 'number'};
  return h('article', {class: 'card full'}, h('h3', {}, title), h('p', {class: 'read'}, subject.notes.resources),
    table(title, [
      {name: 'kernel', of: kernel => subject.kernels.indexOf(kernel), kind: 'number'},
      {name: 'name', of: kernel => kernel.name, kind: 'code'},
      ...names.map(name => ({name: name.replaceAll('_', ' '), of: kernel => count(kernel.resources[name]), kind: 'number'})),
      ...(subject.kernels.some(kernel => known(kernel.occupancy)) ? [occupancy] : []),
      {name: 'serves', of: kernel => percent(kernel.share), kind: 'number'},
    ], subject.kernels));
}
