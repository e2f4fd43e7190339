// Elements, numbers in words, and the controls of the page.

const report = JSON.parse(document.getElementById('data').textContent);

/** An element. Text is never read as HTML. */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) {
      element.addEventListener(key.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? '' : value);
    }
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

const known = value => value !== null && value !== undefined && Number.isFinite(value);

/** A number with so many significant digits, and never an exponent. */
function number(value, digits = 3) {
  if (!known(value)) {
    return '–';
  }
  const whole = Math.abs(value) >= 10 ** (digits - 1);
  return value.toLocaleString('en', whole
    ? {maximumFractionDigits: 0}
    : {minimumSignificantDigits: value === 0 ? 1 : digits, maximumSignificantDigits: digits});
}

const count = value => known(value) ? value.toLocaleString('en') : '–';
const percent = (value, digits = 2) => known(value) ? number(100 * value, digits) + ' %' : '–';
const ratio = value => known(value) ? value.toFixed(value < 10 ? 3 : 1) + '×' : '–';

/** A unit in which most of the values are neither tiny nor huge: its name, and how many make one of the base. */
function unit(values, steps) {
  const sorted = values.filter(known).map(Math.abs).sort((a, b) => a - b);
  const middle = sorted.length ? sorted[sorted.length >> 1] : 1;
  return steps.find(step => middle * step.per >= 1) || steps[steps.length - 1];
}

const timeUnit = values => unit(values, [{name: 's', per: 1}, {name: 'ms', per: 1e3}, {name: 'µs', per: 1e6}]);
const speedUnit = values => unit(values, [{name: 'TFLOP/s', per: 1e-12}, {name: 'GFLOP/s', per: 1e-9}]);

function duration(seconds) {
  if (!known(seconds)) {
    return '–';
  }
  if (seconds < 120) {
    return number(seconds) + ' s';
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? minutes + ' min' : (minutes / 60).toFixed(1) + ' h';
}

const time = seconds => {
  const best = timeUnit([seconds]);
  return number(seconds * best.per) + ' ' + best.name;
};

/** 3 shapes, 1 shape. */
const some = (n, noun) => count(n) + ' ' + noun + (n === 1 ? '' : 's');

const share = (part, whole) => whole > 0 ? part / whole : null;

function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, q) {
  const sorted = values.filter(known).sort((a, b) => a - b);
  if (!sorted.length) {
    return null;
  }
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

/** A labelled choice of one of some [value, words]. */
function choice(label, options, chosen, onchange) {
  const select = h('select', {onchange: () => onchange(options[select.selectedIndex][0])},
    options.map(([value, words]) => h('option', {selected: value === chosen}, words)));
  return h('label', {}, label, select);
}

/** Buttons that each show or hide something: {name, colour, shown}. */
function chips(items, label, onchange) {
  const buttons = items.map(item => {
    const button = h('button', {
      type: 'button', class: 'chip', 'aria-pressed': String(item.shown), title: item.title || item.name,
      onclick: () => {
        item.shown = !item.shown;
        button.setAttribute('aria-pressed', String(item.shown));
        onchange();
      },
    }, swatch(item.colour), h('span', {}, item.name));
    return button;
  });
  return h('div', {class: 'bar', role: 'group', 'aria-label': label}, buttons);
}

/** What colours mean: {name, colour, title}. */
function legend(items) {
  return h('ul', {class: 'bar legend'}, items.map(item => h('li', {title: item.title || item.name}, swatch(item.colour), item.name)));
}

function swatch(colour) {
  const dot = h('i', {class: 'dot', 'aria-hidden': 'true'});
  dot.style.background = colour;
  return dot;
}

/** A table of [{name, of: row => text, kind}]; kind is 'number' or 'code'. */
function table(caption, columns, rows) {
  const body = h('tbody', {}, rows.map(row =>
    h('tr', {}, columns.map(column => h('td', {class: column.kind}, column.of(row))))));
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    h('table', {class: 'rows'},
      h('caption', {class: 'unseen'}, caption),
      h('thead', {}, h('tr', {}, columns.map(column => h('th', {scope: 'col', class: column.kind}, column.name)))),
      body));
}

/** Says something to those who hear the page. */
function say(text) {
  document.getElementById('spoken').textContent = text;
}
