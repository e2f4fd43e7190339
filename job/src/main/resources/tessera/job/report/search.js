// The search: how it went, where its time went, and what its cost model knew.

const PHASES = [
  {key: 'build', name: 'build', colour: PALETTE[0]},
  {key: 'verify', name: 'verify', colour: PALETTE[2]},
  {key: 'time', name: 'time', colour: PALETTE[1]},
  {key: 'learn', name: 'learn', colour: PALETTE[4]},
  {key: 'idle', name: 'wait', colour: VENDOR},
];

function searchSection(subject) {
  return [bestCard(subject), phasesCard(subject), busyCard(subject), stepsCard(subject)];
}

function roundTip(round) {
  return tip('Round ' + round.round, `${some(round.trials, 'trial')}, ${count(round.ok)} right and timed`,
    known(round.busy) ? `devices busy ${percent(round.busy)}` : null,
    known(round.ended) ? `ended ${duration(round.ended)} after the start` : null);
}

const roundPoints = (rounds, words) => rounds.map((round, index) => ({series: 0, index, words: `Round ${round.round}: ${words(round)}`}));

/** Best speed by trials, or by time where the log has it: a line for each search. */
function bestCard(subject) {
  const best = subject.best;
  const searches = [...new Set(best.map(step => step.search))];
  const alone = searches.length > 1;
  const lines = searches.map(search => best.filter(step => step.search === search));
  const view = {along: 'trials'};
  const timed = best.some(step => known(step.ended));
  const unitOf = speedUnit(best.map(step => step.flops));
  const x = step => view.along === 'trials' ? step.trials : step.ended;
  // flat from the last step up to the end of the search
  const end = (search, steps) => {
    const last = steps[steps.length - 1];
    const its = subject.rounds.filter(round => !alone || round.round.startsWith(search + ' '));
    const trials = its.reduce((sum, round) => sum + round.trials, 0);
    const ended = Math.max(last.ended, ...its.map(round => round.ended).filter(known));
    return {value: [x({trials: Math.max(trials, last.trials), ended}), last.flops * unitOf.per], step: last, symbol: 'none'};
  };
  const words = step => (alone ? step.search + ': ' : '') + `after ${some(step.trials, 'trial')}, round ${step.round}: ${speed(step.flops)}`;
  const spec = {
    title: 'Best speed over trials and time', full: true, height: 320, why: subject.why.best,
    read: 'Each step up is a trial that made the search better: ' + (alone
      ? 'each line is the search for one shape alone, with the speed of its best micro-kernel so far.'
      : 'the weighted speed over the searched shapes, each served by the best micro-kernel so far.') + ' A line that is flat to the right says that more trials would have brought little.',
    controls: timed ? [h('div', {class: 'bar'}, choice('Along', [['trials', 'trials'], ['time', 'time']], view.along, along => {
      view.along = along;
      charts.find(it => it.spec === spec).update();
    }))] : [],
    option: () => ({
      xAxis: axis(view.along === 'trials' ? 'trials measured' : 'seconds since the start', {min: 0}),
      yAxis: axis(`${alone ? 'speed' : 'weighted speed'} (${unitOf.name})`),
      tooltip: {trigger: alone ? 'item' : 'axis', formatter: event => bestTip((Array.isArray(event) ? event[0] : event).data.step, words)},
      series: lines.map((steps, i) => ({type: 'line', step: 'end', symbolSize: 5, name: searches[i], itemStyle: {color: colour(i)},
        lineStyle: {width: 2.2}, areaStyle: alone ? undefined : {opacity: 0.08},
        data: [...steps.map(step => ({value: [x(step), step.flops * unitOf.per], step})), end(searches[i], steps)]})),
    }),
    points: () => lines.flatMap((steps, series) => steps.map((step, index) => ({series, index, words: words(step)}))),
    columns: [
      ...(alone ? [{name: 'search', of: step => step.search}] : []),
      {name: 'trials', of: step => count(step.trials), kind: 'number'},
      {name: 'round', of: step => step.round, kind: 'number'},
      {name: 'best speed', of: step => speed(step.flops), kind: 'number'},
      {name: 'round ended after', of: step => duration(step.ended), kind: 'number'},
    ],
    rows: () => best,
  };
  return card(spec);
}

const bestTip = (step, words) => tip(speed(step.flops), words(step));

function phasesCard(subject) {
  const phases = PHASES.filter(phase => subject.rounds.some(round => known(round[phase.key]))).map(phase => ({...phase, shown: true}));
  const spec = {
    title: 'Where the time went', why: subject.why.rounds,
    read: 'Seconds of each round, added up over its candidates and devices. Builds run beside each other and beside timing, so a '
      + 'column can be higher than the round was long.',
    controls: [chips(phases, 'Phases that are shown', () => charts.find(it => it.spec === spec).update())],
    option: () => ({
      xAxis: axis('round', {type: 'category', data: subject.rounds.map(round => String(round.round))}),
      yAxis: axis('seconds', {min: 0, scale: false}),
      tooltip: {trigger: 'axis', axisPointer: {type: 'shadow'}, formatter: events => tip('Round ' + events[0].name,
        events.map(event => `${event.seriesName} ${duration(event.value)}`))},
      series: phases.filter(phase => phase.shown).map(phase => ({type: 'bar', stack: 'seconds', name: phase.name, barMaxWidth: 40,
        itemStyle: {color: phase.colour}, data: subject.rounds.map(round => round[phase.key])})),
    }),
    points: () => roundPoints(subject.rounds, round => phases.map(phase => `${phase.name} ${duration(round[phase.key])}`).join(', ')),
    columns: [{name: 'round', of: round => round.round, kind: 'number'},
      ...phases.map(phase => ({name: phase.name, of: round => duration(round[phase.key]), kind: 'number'}))],
    rows: () => subject.rounds,
  };
  return card(spec);
}

function busyCard(subject) {
  const rounds = subject.rounds.filter(round => known(round.busy));
  return card({
    title: 'How busy the devices were', why: subject.why.rounds,
    read: 'Share of each round in which its devices verified or timed. What is missing to 100 % they waited for builds, for the '
      + 'cluster, or for the slowest candidate of the round.',
    option: () => ({
      xAxis: axis('round', {type: 'category', data: rounds.map(round => String(round.round))}),
      yAxis: axis('share of the round (%)', {min: 0, max: 100}),
      tooltip: {trigger: 'axis', axisPointer: {type: 'shadow'}, formatter: events => roundTip(rounds[events[0].dataIndex])},
      series: [{type: 'bar', barMaxWidth: 40, itemStyle: {color: PALETTE[6]}, data: rounds.map(round => 100 * round.busy)}],
    }),
    points: () => roundPoints(rounds, round => 'devices busy ' + percent(round.busy)),
  });
}

/** The whole run from start to end, by its steps. */
function stepsCard(subject) {
  const steps = subject.steps;
  const total = steps.reduce((sum, step) => sum + step.seconds, 0);
  const visible = steps.map((step, i) => ({step, i})).filter(it => it.step.seconds > total / 1000);
  return card({
    title: 'The run from start to bundle', full: true, height: 170, why: subject.why.steps,
    read: 'The steps of the run one after another; their widths are their times.',
    controls: [legend(visible.map(({step, i}) => ({name: `${step.name}, ${duration(step.seconds)}`, colour: colour(i)})))],
    option: look => ({
      grid: {left: 18, right: 18, top: 8, bottom: 48},
      xAxis: axis('seconds since the start', {min: 0, max: total < 1 ? total : Math.ceil(total)}),
      yAxis: axis('', {type: 'category', data: [''], axisLabel: {show: false}, axisTick: {show: false}}),
      tooltip: {trigger: 'item', formatter: event => tip(event.seriesName, duration(event.value))},
      series: steps.map((step, i) => ({type: 'bar', stack: 'run', name: step.name, barWidth: 46, data: [step.seconds],
        itemStyle: {color: colour(i), borderColor: look.card, borderWidth: 1}})),
    }),
    points: () => steps.map((step, series) => ({series, index: 0, words: `${step.name}: ${duration(step.seconds)}`})),
    columns: [{name: 'step', of: step => step.name}, {name: 'time', of: step => duration(step.seconds), kind: 'number'}],
    rows: () => steps,
  });
}

function modelSection(subject) {
  return [predictedCard(subject), scoresCard(subject), importanceCard(subject)];
}

/** Measured against predicted time of each probe. */
function predictedCard(subject) {
  const probes = subject.predictions;
  const all = [...probes.trial.keys()];
  const models = [['predicted', 'learned model'], ['prior', 'prior']].filter(([key]) => probes[key].some(known));
  const view = {by: models[0]?.[0]};
  const families = subject.families.map((family, index) => ({name: family.name, index, colour: colour(index), shown: true}))
    .filter(family => all.some(i => subject.trials.family[probes.trial[i]] === family.index));
  const update = () => charts.find(it => it.spec === spec).update();
  const unitOf = timeUnit(probes.measured);
  const family = i => subject.trials.family[probes.trial[i]];
  const spec = {
    title: 'Predicted against measured', full: true, height: 420, canvas: true, why: subject.why.model,
    read: 'Each point is a micro-kernel on one of its probes. On the diagonal the prediction is right; above it the micro-kernel is '
      + 'faster than predicted. The search needs the order more than the time: what is wrong by the same factor everywhere does no harm.',
    controls: [h('div', {class: 'bar'}, choice('Predicted by', models, view.by, by => {
      view.by = by;
      update();
    })), chips(families, 'Families that are shown', update)],
    option: look => predictedOption(subject, all, families, view, unitOf, look),
    points: () => families.filter(it => it.shown).flatMap((it, series) => all.filter(i => family(i) === it.index && known(probes[view.by][i]))
      .slice(0, 200).map((i, index) => ({series, index,
        words: `${kernelWords(subject, probes.trial[i])}: predicted ${time(probes[view.by][i])}, measured ${time(probes.measured[i])}`}))),
    columns: [
      {name: 'round', of: i => subject.trials.round[probes.trial[i]], kind: 'number'},
      {name: 'micro-kernel', of: i => kernelWords(subject, probes.trial[i]), kind: 'code'},
      {name: 'measured', of: i => time(probes.measured[i]), kind: 'number'},
      {name: 'learned', of: i => known(probes.predicted[i]) ? time(probes.predicted[i]) : '–', kind: 'number'},
      {name: 'prior', of: i => known(probes.prior[i]) ? time(probes.prior[i]) : '–', kind: 'number'},
    ],
    rows: () => all.slice(0, MOST_ROWS),
  };
  return card(spec);
}

/** A table of more is no help to anybody. */
const MOST_ROWS = 500;

function predictedOption(subject, all, families, view, unitOf, look) {
  const probes = subject.predictions;
  const values = all.flatMap(i => [probes.measured[i], probes[view.by][i]]).filter(known).map(value => value * unitOf.per);
  const ends = [quantile(values, 0), quantile(values, 1)];
  const shown = families.filter(family => family.shown);
  return {
    grid: {left: 62, right: 18, top: 14, bottom: 48},
    xAxis: factors(`measured time (${unitOf.name}), logarithmic`, ends),
    yAxis: factors(`predicted time (${unitOf.name}), logarithmic`, ends),
    dataZoom: [{type: 'inside', xAxisIndex: 0, zoomOnMouseWheel: 'ctrl'}, {type: 'inside', yAxisIndex: 0, zoomOnMouseWheel: 'ctrl'}],
    tooltip: {trigger: 'item', formatter: event => probeTip(subject, event.data[2])},
    series: shown.map((family, at) => ({
      type: 'scatter', name: family.name, symbolSize: all.length > 3000 ? 4 : 6,
      itemStyle: {color: family.colour, opacity: 0.55},
      data: all.filter(i => subject.trials.family[probes.trial[i]] === family.index && known(probes[view.by][i]))
        .map(i => [probes.measured[i] * unitOf.per, probes[view.by][i] * unitOf.per, i]),
      markLine: at ? undefined : {silent: true, symbol: 'none', label: {show: false}, lineStyle: {color: look.text, type: 'dashed', width: 1.4},
        data: [[{coord: [ends[0], ends[0]]}, {coord: [ends[1], ends[1]]}]]},
    })),
  };
}

function probeTip(subject, i) {
  const probes = subject.predictions;
  return tip(kernelWords(subject, probes.trial[i]), `round ${subject.trials.round[probes.trial[i]]}`,
    `measured ${time(probes.measured[i])}`,
    known(probes.predicted[i]) ? `learned model ${time(probes.predicted[i])}` : null,
    known(probes.prior[i]) ? `prior ${time(probes.prior[i])}` : null);
}

/** A trial's micro-kernel: its family, and its parameters in the family's order. */
function kernelWords(subject, trial) {
  const family = subject.families[subject.trials.family[trial]];
  return family.name + ' ' + subject.trials.parameters[trial].map((value, i) => family.parameters[i] + ' ' + value).join(', ');
}

const SCORES = [
  {key: 'spearman', name: 'rank correlation, learned', colour: PALETTE[0], symbol: 'circle'},
  {key: 'priorSpearman', name: 'rank correlation, prior', colour: PALETTE[1], symbol: 'rect'},
  {key: 'recall', name: 'top-8 recall, learned', colour: PALETTE[2], symbol: 'triangle'},
];

function scoresCard(subject) {
  const rounds = subject.rounds.filter(round => round.heldOut > 1);
  const scores = SCORES.map(score => ({...score, shown: true}));
  const spec = {
    title: 'How well costs were ranked, by round', why: subject.why.rounds || (rounds.length ? null
      : 'No round held out two micro-kernels or more, so nothing could be ranked: the search was too short, or learned nothing.'),
    read: 'On micro-kernels that the model was not trained on. 1 means that they are ordered by predicted cost as by measured time; '
      + 'the recall is the share of the truly best eight among the predicted best eight.',
    controls: [chips(scores, 'Scores that are shown', () => charts.find(it => it.spec === spec).update())],
    option: () => ({
      xAxis: axis('round', {type: 'category', data: rounds.map(round => String(round.round))}),
      yAxis: axis('score, 1 is best', {max: 1, min: value => Math.min(0, value.min)}),
      tooltip: {trigger: 'axis', formatter: events => tip('Round ' + events[0].name,
        events.map(event => `${event.seriesName} ${number(event.value)}`), `${some(rounds[events[0].dataIndex].heldOut, 'micro-kernel')} held out`)},
      series: scores.filter(score => score.shown).map(score => ({type: 'line', name: score.name, symbol: score.symbol, symbolSize: 8,
        itemStyle: {color: score.colour}, lineStyle: {width: 2, type: score.key === 'priorSpearman' ? 'dashed' : 'solid'},
        data: rounds.map(round => known(round[score.key]) ? round[score.key] : null)})),
    }),
    points: () => roundPoints(rounds, round => scores.map(score => `${score.name} ${number(round[score.key])}`).join(', ')),
    columns: [{name: 'round', of: round => round.round, kind: 'number'}, {name: 'held out', of: round => round.heldOut, kind: 'number'},
      ...SCORES.map(score => ({name: score.name, of: round => number(round[score.key]), kind: 'number'}))],
    rows: () => rounds,
  };
  return card(spec);
}

function importanceCard(subject) {
  const features = subject.importance.slice(0, 20).reverse();
  return card({
    title: 'What the model looks at', height: 60 + 19 * features.length, why: subject.why.importance,
    read: 'Importance of each feature to the boosted trees fitted to all trials of the run: its share of what all splits gain. '
      + 'Features that go together share theirs.',
    option: () => ({
      grid: {left: 150, right: 18, top: 8, bottom: 48},
      xAxis: axis('share of the gain (%)', {min: 0}),
      yAxis: axis('', {type: 'category', data: features.map(feature => feature.name), axisLabel: {width: 130, overflow: 'truncate'}}),
      tooltip: {trigger: 'item', formatter: event => tip(event.name, percent(event.value / 100))},
      series: [{type: 'bar', barMaxWidth: 14, itemStyle: {color: PALETTE[4]}, data: features.map(feature => 100 * feature.value)}],
    }),
    points: () => features.map((feature, index) => ({series: 0, index, words: `${feature.name} ${percent(feature.value)}`})),
    columns: [{name: 'feature', of: feature => feature.name}, {name: 'importance', of: feature => percent(feature.value, 3), kind: 'number'}],
    rows: () => subject.importance,
  });
}
