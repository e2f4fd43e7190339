// Cards with charts: drawn when they come into view, in the page's theme, linked, and usable by keyboard.

// of a contrast of at least 3 to both pages; the last six are pale kin of the first
const PALETTE = ['#2279dc', '#d8662a', '#179765', '#ca358b', '#7e4ed7', '#97871d', '#0099a6', '#d73337',
  '#56932b', '#a75fb7', '#b67c0d', '#5e6ab7', '#9b7b6b', '#76867e', '#7f80a3', '#a3748c', '#86815f', '#5f8a9b'];
const VENDOR = '#7b8494';

const colour = index => PALETTE[index % PALETTE.length];

/** All charts of the shown report. */
let charts = [];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue('--' + name).trim();
  return {text: of('text'), quiet: of('quiet'), line: of('line'), grid: of('grid'), card: of('card'), mark: of('mark'),
    accent: of('accent'), good: of('good'), bad: of('bad')};
}

/** An axis with its name and unit in the middle. */
function axis(name, more) {
  return Object.assign({type: 'value', name, nameLocation: 'middle', scale: true}, more);
}

/** An axis by factors, over just the values that there are. */
function factors(name, values) {
  const sorted = values.filter(value => known(value) && value > 0).sort((a, b) => a - b);
  const low = sorted[0] / 1.15;
  const high = sorted[sorted.length - 1] * 1.15;
  return axis(name, {type: 'log', logBase: high / low < 100 ? 2 : 10, min: low, max: high,
    axisLabel: {showMinLabel: false, showMaxLabel: false}});
}

function styledAxis(own, vertical, look) {
  return Object.assign({
    nameGap: vertical ? 46 : 30,
    nameTextStyle: {color: look.quiet, fontSize: 12},
    axisLine: {show: !vertical, lineStyle: {color: look.line}},
    axisTick: {lineStyle: {color: look.line}},
    splitLine: {show: own.type !== 'category', lineStyle: {color: look.grid}},
    minorSplitLine: {show: false},
  }, own, {axisLabel: Object.assign({color: look.quiet, fontSize: 11, hideOverlap: true,
    formatter: own.type === 'category' ? undefined : plain}, own.axisLabel)});
}

const plain = value => Math.abs(value) >= 1e4 ? Number((value / 1e3).toPrecision(3)) + 'k' : String(Number(value.toPrecision(6)));

/** What all charts have in common, under what one says of itself. */
function complete(own, look) {
  const list = value => Array.isArray(value) ? value : value ? [value] : [];
  return Object.assign({
    animation: false,
    aria: {enabled: false},
    textStyle: {fontFamily: getComputedStyle(document.body).fontFamily, color: look.text},
    grid: {left: 62, right: 18, top: 14, bottom: own.dataZoom ? 84 : 48},
  }, own, {
    xAxis: list(own.xAxis).map(it => styledAxis(it, false, look)),
    yAxis: list(own.yAxis).map(it => styledAxis(it, true, look)),
    dataZoom: list(own.dataZoom).map(it => Object.assign({
      textStyle: {color: look.quiet}, borderColor: look.line, backgroundColor: 'transparent', fillerColor: look.grid,
      handleStyle: {color: look.card, borderColor: look.quiet}, moveHandleSize: 0, brushSelect: false, height: 16, bottom: 10}, it)),
    visualMap: list(own.visualMap).map(it => Object.assign({textStyle: {color: look.quiet}}, it)),
    tooltip: Object.assign({
      confine: true,
      backgroundColor: look.card,
      borderColor: look.line,
      textStyle: {color: look.text},
      axisPointer: {lineStyle: {color: look.quiet}, crossStyle: {color: look.quiet}, label: {show: false}},
    }, own.tooltip),
  });
}

/** Zooming along an axis by wheel, by fingers, and by a slider that one can see. */
function zoom(index = 0) {
  return [{type: 'inside', xAxisIndex: index, filterMode: 'none', zoomOnMouseWheel: 'ctrl'},
    {type: 'slider', xAxisIndex: index, filterMode: 'none', showDataShadow: false}];
}

/** The text of a tooltip: lines, the first one strong. */
function tip(first, ...lines) {
  return h('div', {class: 'tip'}, h('p', {}, h('strong', {}, first)),
    lines.flat().filter(line => line !== null).map(line => h('p', {}, line)));
}

/**
 * A card with a chart.
 *
 * spec: title; read, how to read it; option, (look) => what ECharts draws; points, () => what the arrow keys step
 * through as {series, index, words}; columns and rows of its table; why, in place of all these, there is nothing to
 * show; height; full, for the whole width; controls; group, of charts with the same x; click.
 */
function card(spec) {
  const element = h('article', {class: 'card' + (spec.full ? ' full' : '') + (spec.why ? ' missing' : '')},
    h('h3', {}, spec.title));
  if (spec.why) {
    element.append(h('p', {class: 'why'}, spec.why));
    return element;
  }
  element.append(h('p', {class: 'read'}, spec.read), ...(spec.controls || []));
  const place = h('div', {class: 'chart', tabindex: '0', role: 'group',
    'aria-label': spec.title + '. The arrow keys step through its points; a table follows.'});
  place.style.height = (spec.height || 300) + 'px';
  element.append(place);
  charts.push(new Chart(place, spec));
  if (spec.columns) {
    element.append(numbers(spec));
  }
  return element;
}

/** The same as a table, made when it is opened. */
function numbers(spec) {
  const details = h('details', {}, h('summary', {}, 'The numbers as a table'));
  details.addEventListener('toggle', () => {
    details.querySelector('.scroll')?.remove();
    if (details.open) {
      details.append(table(spec.title, spec.columns, spec.rows()));
    }
  });
  return details;
}

class Chart {
  constructor(place, spec) {
    this.place = place;
    this.spec = spec;
    this.at = -1;
    this.instance = null;
    place.addEventListener('keydown', event => this.key(event));
    place.addEventListener('blur', () => this.instance?.dispatchAction({type: 'hideTip'}));
    new ResizeObserver(() => this.instance?.resize()).observe(place);
  }

  draw() {
    this.instance?.dispose();
    this.instance = echarts.init(this.place, null, {renderer: this.spec.canvas ? 'canvas' : 'svg'});
    if (this.spec.group) {
      this.instance.group = this.spec.group;
    }
    if (this.spec.click) {
      this.instance.on('click', event => this.spec.click(event));
    }
    this.update();
  }

  /** After a change of what is shown. */
  update() {
    this.at = -1;
    this.instance?.setOption(complete(this.spec.option(theme()), theme()), {notMerge: true});
  }

  /** Arrow keys go from point to point, and say where they are; Enter chooses. */
  key(event) {
    const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1}[event.key];
    const points = this.spec.points ? this.spec.points() : [];
    if (event.key === 'Enter' && this.at >= 0 && points[this.at].choose) {
      points[this.at].choose();
    }
    if (event.key === 'Escape') {
      this.instance.dispatchAction({type: 'hideTip'});
    }
    if (step && points.length) {
      event.preventDefault();
      this.at = (this.at + step + points.length) % points.length;
      const point = points[this.at];
      this.instance.dispatchAction({type: 'showTip', seriesIndex: point.series, dataIndex: point.index});
      say(point.words);
    }
  }
}

const observer = new IntersectionObserver(entries => {
  for (const entry of entries.filter(it => it.isIntersecting)) {
    observer.unobserve(entry.target);
    charts.find(chart => chart.place === entry.target)?.draw();
  }
}, {rootMargin: '400px'});

function watchCharts() {
  charts.forEach(chart => observer.observe(chart.place));
}

function dropCharts() {
  charts.forEach(chart => {
    observer.unobserve(chart.place);
    chart.instance?.dispose();
  });
  charts = [];
}

/** Printing shows all charts, on white. */
function drawAll() {
  charts.forEach(chart => chart.draw());
}
