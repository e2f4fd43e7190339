// The page: headline, sections in their order, theme, and the choice among several runs and bundles.

const SECTIONS = [
  ['headline', 'Headline', subject => [headline(subject), facts(subject)]],
  ['speed', 'Speed by shape', speedSection],
  ['dispatch', 'Dispatch', dispatchSection],
  ['search', 'Tuning', searchSection],
  ['model', 'Cost model', modelSection],
  ['roofline', 'Roofline and efficiency', rooflineSection],
  ['trust', 'Trust', trustSection],
  ['failures', 'Failed trials', failuresSection],
];

function headline(subject) {
  return h('dl', {class: 'tiles'}, subject.headline.map(tile => h('div', {class: 'tile'},
    h('dt', {}, tile.label), h('dd', {class: 'value ' + (tile.tone || '')}, tile.value), h('dd', {class: 'more'}, tile.more))));
}

function facts(subject) {
  return h('div', {class: 'facts'}, subject.facts.map(group => h('table', {}, h('caption', {}, group.title),
    h('tbody', {}, group.rows.map(([name, value]) => h('tr', {}, h('th', {scope: 'row'}, name), h('td', {}, value)))))));
}

function show(subject) {
  subject.trialIndexes = [...subject.trials.round.keys()];
  rankPlans(subject);
  const shapes = new Shapes(subject);
  present(subject.title, subject.lead, subject.remarks, SECTIONS, subject, shapes);
  if (shapes.all.length) {
    shapes.choose(first(shapes));
  }
}

/** Fills the page: sections are [id, title, (...of) => cards]. */
function present(title, lead, remarks, sections, ...of) {
  dropCharts();
  const elements = sections.map(([id, words, make]) => h('section', {id, 'aria-labelledby': id + '-title'},
    h('h2', {id: id + '-title'}, words), id === 'headline' ? make(...of) : h('div', {class: 'cards'}, make(...of))));
  document.getElementById('report').replaceChildren(
    h('h1', {}, title),
    h('p', {class: 'lead'}, lead),
    ...remarks.map(remark => h('p', {class: 'note'}, remark)),
    h('nav', {'aria-label': 'Sections'}, h('ul', {}, sections.map(([id, words]) => h('li', {}, h('a', {href: '#' + id}, words))))),
    ...elements);
  watchCharts();
  followSections(elements);
}

/** The plans that serve most have the colours that differ most. */
function rankPlans(subject) {
  subject.plans.slice().sort((a, b) => b.share - a.share).forEach((plan, rank) => {
    plan.colour = colour(rank);
  });
}

/** Marks the section that is being read. */
function followSections(sections) {
  const follower = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(entry => {
    document.querySelectorAll('nav a').forEach(link =>
      link.toggleAttribute('aria-current', link.hash === '#' + entry.target.id));
  }), {rootMargin: '-15% 0px -75% 0px'});
  sections.forEach(section => follower.observe(section));
}

const THEMES = ['system', 'light', 'dark'];
const dark = matchMedia('(prefers-color-scheme: dark)');
let chosenTheme = 'system';

function setTheme(name) {
  chosenTheme = name;
  document.getElementById('theme').textContent = 'Theme: ' + name;
  applyTheme(name === 'dark' || name === 'system' && dark.matches);
}

function applyTheme(isDark) {
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  charts.filter(chart => chart.instance).forEach(chart => chart.update());
}

function start() {
  document.getElementById('theme').addEventListener('click',
    () => setTheme(THEMES[(THEMES.indexOf(chosenTheme) + 1) % THEMES.length]));
  document.getElementById('print').addEventListener('click', () => print());
  dark.addEventListener('change', () => setTheme(chosenTheme));
  addEventListener('beforeprint', () => {
    applyTheme(false);
    drawAll();
  });
  addEventListener('afterprint', () => setTheme(chosenTheme));
  setTheme('system');
  const chooser = document.getElementById('choice');
  const select = chooser.querySelector('select');
  select.append(...report.subjects.map(subject => h('option', {}, subject.title)));
  select.addEventListener('change', () => show(report.subjects[select.selectedIndex]));
  chooser.hidden = report.subjects.length < 2;
  if (report.comparison) {
    showComparison(report.comparison);
  } else {
    show(report.subjects[0]);
  }
  echarts.connect('shapes');
}

start();
