// Trust: how far repeated timings differ, which choices lie within that, and how the device drifted.

function trustSection(subject, shapes) {
  return [spreadCard(subject), bandCard(subject, shapes), driftCard(subject)];
}

/** A histogram on logarithmic steps of the spread. */
function spreadCard(subject) {
  const spreads = subject.trialIndexes.map(i => subject.trials.spread[i]).filter(spread => known(spread) && spread > 0);
  const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, Infinity];
  const bins = steps.map((to, i) => ({from: i ? steps[i - 1] : 0, to}))
    .map(bin => ({...bin, count: spreads.filter(spread => spread >= bin.from && spread < bin.to).length}));
  const words = bin => bin.to === Infinity ? 'over 50 %' : `${number(100 * bin.from, 1)} to ${number(100 * bin.to, 1)} %`;
  return card({
    title: 'Spread of repeated timings', why: subject.why.rounds || (spreads.length ? null : 'No trial was timed more than once.'),
    read: `Trials by the spread of their samples, (p80 − p20) / median. Half of them lie below ${percent(median(spreads))}; differences `
      + 'that are smaller than the spread are not to be trusted.',
    option: () => ({
      xAxis: axis('spread of a trial\u2019s samples', {type: 'category', data: bins.map(words), axisLabel: {rotate: 30, hideOverlap: false, fontSize: 10}, nameGap: 52}),
      yAxis: axis('trials', {min: 0}),
      grid: {left: 62, right: 18, top: 14, bottom: 74},
      tooltip: {trigger: 'axis', axisPointer: {type: 'shadow'}, formatter: events => tip(events[0].name, some(events[0].value, 'trial'))},
      series: [{type: 'bar', itemStyle: {color: PALETTE[6]}, data: bins.map(bin => bin.count)}],
    }),
    points: () => bins.map((bin, index) => ({series: 0, index, words: `${words(bin)}: ${some(bin.count, 'trial')}`})),
    columns: [{name: 'spread', of: words}, {name: 'trials', of: bin => count(bin.count), kind: 'number'}],
    rows: () => bins,
  });
}

/** How much slower the next plan is than the dispatched one, beside the noise band. */
function bandCard(subject, shapes) {
  const band = subject.tieBand;
  const rated = subject.why.points ? [] : shapes.all.filter(point => shapes.second(point) && known(shapes.planSeconds(subject.points.plan[point], point)));
  const gap = point => shapes.second(point).seconds / shapes.planSeconds(subject.points.plan[point], point) - 1;
  const ties = rated.filter(point => known(band) && Math.abs(gap(point)) <= band).length;
  return card({
    title: 'Which choices are ties', shapes, why: subject.why.points || subject.why.band
      || (rated.length ? null : 'The bundle has one plan, or no shape on which two plans have a time.'),
    read: `How much slower the next plan would be than the dispatched one. Within the band of ${percent(band)} measurement cannot tell `
      + `them apart: ${count(ties)} of ${some(rated.length, 'shape')}. Below 0 the next plan was faster.`,
    option: look => ({
      xAxis: shapes.xAxis(0.015),
      yAxis: axis('next plan slower by (%)', {axisLabel: {showMinLabel: false}, min: value => Math.min(0, Math.floor(value.min), -200 * band), max: value => Math.min(30, Math.ceil(value.max))}),
      tooltip: {trigger: 'item', formatter: event => known(event.data?.point) ? shapeTip(shapes, event.data.point) : ''},
      series: [{
        type: 'scatter', symbolSize: 6,
        data: rated.map(point => ({value: [shapes.x(point), 100 * gap(point)], point,
          itemStyle: {color: Math.abs(gap(point)) <= band ? PALETTE[1] : PALETTE[0], opacity: 0.8}})),
        markArea: {silent: true, itemStyle: {color: look.quiet, opacity: 0.15}, data: [[{yAxis: -100 * band}, {yAxis: 100 * band}]]},
      }],
    }),
    points: () => rated.map((point, index) => ({series: 0, index, words: `${shapes.name(point)}: next plan ${percent(gap(point))} slower`})),
    click: event => known(event.data?.point) && shapes.choose(event.data.point),
    columns: [
      {name: subject.variables.join(', '), of: point => subject.points.values[point].join(', '), kind: 'number'},
      {name: 'dispatched', of: point => 'plan ' + subject.points.plan[point], kind: 'number'},
      {name: 'next', of: point => 'plan ' + shapes.second(point).plan, kind: 'number'},
      {name: 'slower by', of: point => percent(gap(point)), kind: 'number'},
      {name: 'tie', of: point => Math.abs(gap(point)) <= band ? 'yes' : 'no'},
    ],
    rows: () => rated,
  });
}

/** The speed of what never changes, in the order of the trials. */
function driftCard(subject) {
  const trials = subject.trials;
  const seen = subject.trialIndexes.filter(i => known(trials.reference[i]));
  const unitOf = speedUnit(seen.map(i => trials.reference[i]));
  const middle = median(seen.map(i => trials.reference[i]));
  const workers = subject.workers.map((name, index) => ({name, index, colour: colour(index), shown: true}));
  const spec = {
    title: 'Drift of the reference kernel', full: true, canvas: true, height: 320, why: subject.why.rounds || subject.why.reference,
    read: 'The speed of a fixed kernel that runs around every timing, in the order of the trials. A slope says that the device '
      + `became warmer or slower, a step that something else used it. Nine of ten lie between ${percent(quantile(seen.map(i => trials.reference[i]), 0.05) / middle)} `
      + `and ${percent(quantile(seen.map(i => trials.reference[i]), 0.95) / middle)} of the median.`,
    controls: workers.length > 1 ? [chips(workers, 'Devices that are shown', () => charts.find(it => it.spec === spec).update())] : [],
    option: look => ({
      xAxis: axis('trial, in order', {min: 0, max: trials.round.length, axisLabel: {showMaxLabel: false}}),
      yAxis: axis(`speed of the reference (${unitOf.name})`),
      dataZoom: zoom(),
      tooltip: {trigger: 'item', formatter: event => tip('Trial ' + event.data[2], `round ${trials.round[event.data[2]]}`,
        `reference ${speed(trials.reference[event.data[2]])}, ${percent(trials.reference[event.data[2]] / middle, 3)} of the median`, event.seriesName)},
      series: workers.filter(worker => worker.shown).map(worker => ({type: 'scatter', name: worker.name, symbolSize: 4,
        itemStyle: {color: worker.colour, opacity: 0.6},
        data: seen.filter(i => trials.worker[i] === worker.index).map(i => [i, trials.reference[i] * unitOf.per, i]),
        markLine: {silent: true, symbol: 'none', label: {show: false}, lineStyle: {color: look.quiet, type: 'dashed'}, data: [{yAxis: middle * unitOf.per}]}})),
    }),
    points: () => seen.slice(0, 400).map((i, index) => ({series: 0, index, words: `Trial ${i}: reference ${speed(trials.reference[i])}`})),
  };
  return card(spec);
}
