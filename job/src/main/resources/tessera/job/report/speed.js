// Latency and speed against the shape variable.

const MEASURES = {
  time: {words: 'Time of a call', axis: unitName => `time of a call (${unitName}), logarithmic`},
  speed: {words: 'Speed', axis: unitName => `speed (${unitName})`},
  ratio: {words: 'Against the vendor', axis: () => 'times as fast as the vendor'},
};

function speedSection(subject, shapes) {
  const view = {measure: 'time', shown: {}};
  const lines = speedLines(subject, shapes);
  let chart = null;
  const change = () => charts.find(it => it.spec === chart)?.update();
  const measures = Object.entries(MEASURES)
    .filter(([key]) => key !== 'ratio' || subject.vendor)
    .map(([key, measure]) => [key, measure.words]);
  chart = {
    title: 'Time and speed by shape', full: true, height: 440, group: 'shapes', shapes, why: subject.why.points,
    read: 'The bold line is what a call of the bundle takes; each thin line is one plan, a micro-kernel or a pair, '
      + 'on all shapes, so the bold line should follow the lowest of them'
      + (subject.vendor ? `, and the dashed one is ${subject.vendor}. ` : '. ')
      + 'Filled points were measured, hollow ones are predicted. A click on a point marks that shape everywhere.',
    controls: subject.why.points ? [] : [
      h('div', {class: 'bar'}, choice('Show', measures, view.measure, value => {
        view.measure = value;
        change();
      })),
      ...shapes.controls(),
      chips(lines, 'Lines that are shown', change)],
    option: look => speedOption(shapes, lines, view, look),
    points: () => shapes.slice().map((point, index) => (
      {series: 0, index, words: shapeWords(shapes, point), choose: () => shapes.choose(point)})),
    click: event => known(event.data?.point) && shapes.choose(event.data.point),
    columns: speedColumns(subject, shapes),
    rows: () => shapes.slice(),
  };
  return [card(chart), ...ratioCard(subject, shapes)];
}

function speedLines(subject, shapes) {
  const lines = [{name: 'dispatched', kind: 'own', shown: true, colour: 'currentColor', of: point => shapes.seconds(point)}];
  if (subject.vendor) {
    lines.push({name: subject.vendor, kind: 'vendor', shown: true, colour: VENDOR, of: point => shapes.points.vendor[point]});
  }
  subject.plans.forEach((plan, index) => lines.push({name: 'plan ' + index, title: plan.name, kind: 'plan', index, shown: true,
    colour: planColour(subject, index), of: point => shapes.planSeconds(index, point)}));
  return lines;
}

function speedOption(shapes, lines, view, look) {
  const points = shapes.slice();
  const seconds = points.map(point => shapes.seconds(point));
  const flops = points.map(point => shapes.points.flops[point]);
  const unitOf = view.measure === 'time' ? timeUnit(seconds) : speedUnit(flops.map((f, i) => f / seconds[i]));
  const value = (line, point) => {
    const own = line.of(point);
    if (!known(own) || own <= 0) {
      return null;
    }
    return view.measure === 'time' ? own * unitOf.per
      : view.measure === 'speed' ? shapes.points.flops[point] / own * unitOf.per
        : shapes.points.vendor[point] > 0 ? shapes.points.vendor[point] / own : null;
  };
  const shown = lines.filter(line => line.shown);
  return {
    xAxis: shapes.xAxis(),
    yAxis: view.measure === 'time'
      ? factors(MEASURES.time.axis(unitOf.name), shown.flatMap(line => points.map(point => value(line, point))))
      : axis(MEASURES[view.measure].axis(unitOf.name)),
    dataZoom: zoom(),
    tooltip: {trigger: shapes.isLine() ? 'axis' : 'item',
      formatter: event => speedTip(shapes, Array.isArray(event) ? event[0] : event)},
    series: shown.map(line => ({
      name: line.name,
      type: shapes.isLine() ? 'line' : 'scatter',
      showSymbol: line.kind === 'own' || points.length <= 40,
      connectNulls: true,
      symbol: 'circle',
      symbolSize: line.kind === 'own' ? 6 : shapes.isLine() ? 3 : 5,
      z: line.kind === 'own' ? 5 : line.kind === 'vendor' ? 4 : 2,
      lineStyle: {width: line.kind === 'own' ? 2.6 : line.kind === 'vendor' ? 2 : 1, type: line.kind === 'vendor' ? 'dashed' : 'solid'},
      itemStyle: {color: line.kind === 'own' ? look.text : line.colour},
      data: points.map(point => ({
        value: [shapes.x(point), value(line, point)],
        point,
        itemStyle: line.kind === 'own' && shapes.points.source[point] > 0 && !known(shapes.points.expected[point])
          ? {color: look.card, borderColor: look.text, borderWidth: 1.5} : undefined,
      })),
      markLine: line === shown[0] ? marks(shapes, view, look) : undefined,
    })),
  };
}

/** A line at the chosen shape, and one where both are equally fast. */
function marks(shapes, view, look) {
  const data = [];
  if (shapes.chosen !== null) {
    data.push({xAxis: shapes.x(shapes.chosen)});
  }
  if (view.measure === 'ratio') {
    data.push({yAxis: 1});
  }
  return {silent: true, symbol: 'none', label: {show: false}, lineStyle: {color: look.accent, type: 'solid', width: 1.2}, data};
}

function speedTip(shapes, event) {
  return known(event?.data?.point) ? shapeTip(shapes, event.data.point) : '';
}

function speedColumns(subject, shapes) {
  const points = shapes.points;
  return [
    {name: subject.variables.join(', '), of: point => points.values[point].join(', '), kind: 'number'},
    {name: 'time', of: point => time(shapes.seconds(point)), kind: 'number'},
    {name: 'speed', of: point => speed(points.flops[point] / shapes.seconds(point)), kind: 'number'},
    {name: subject.vendor || 'vendor', of: point => points.vendor[point] > 0 ? time(points.vendor[point]) : '–', kind: 'number'},
    {name: 'ratio', of: point => points.vendor[point] > 0 ? ratio(points.vendor[point] / shapes.seconds(point)) : '–', kind: 'number'},
    {name: 'from', of: point => shapes.source(point)},
    {name: 'plan', of: point => points.plan[point] + ': ' + subject.plans[points.plan[point]].name, kind: 'code'},
  ];
}

/** The ratio to the vendor on each shape that both were timed on. */
function ratioCard(subject, shapes) {
  if (subject.why.points) {
    return [];
  }
  const all = shapes.variables.length > 1;
  const rated = () => (all ? shapes.all : shapes.slice()).filter(point => shapes.points.vendor[point] > 0);
  const work = point => 1e-9 * shapes.points.flops[point];
  const drawn = () => all ? {type: 'scatter', symbolSize: 9} : {type: 'bar', barMaxWidth: 12};
  return [card({
    title: `Against ${subject.vendor || 'the vendor'} on each shape`, full: true, height: 280, group: all ? null : 'shapes', shapes,
    why: subject.why.vendor,
    read: `Each ${all ? 'point' : 'bar'} is one shape that was timed beside ${subject.vendor} in the same minute: above 0 the bundle `
      + 'is faster, below it slower. The colour is the plan that serves the shape.',
    option: look => ({
      xAxis: all ? factors('work of a call (GFLOP), logarithmic', rated().map(work)) : shapes.xAxis(0.015),
      yAxis: axis(`faster than ${subject.vendor} by (%)`, {scale: false}),
      tooltip: {trigger: 'item', formatter: event => shapeTip(shapes, event.data.point)},
      series: [{
        ...drawn(),
        data: rated().map(point => ({value: [all ? work(point) : shapes.x(point), 100 * (shapes.points.vendor[point] / shapes.seconds(point) - 1)], point,
          itemStyle: {color: planColour(subject, shapes.points.plan[point])}})),
        markLine: {silent: true, symbol: 'none', label: {show: false}, lineStyle: {color: look.text, type: 'solid'}, data: [{yAxis: 0}]},
      }],
    }),
    points: () => rated().map((point, index) => ({series: 0, index, choose: () => shapes.choose(point),
      words: `${shapes.name(point)}: ${ratio(shapes.points.vendor[point] / shapes.seconds(point))}`})),
    click: event => known(event.data?.point) && shapes.choose(event.data.point),
  })];
}
