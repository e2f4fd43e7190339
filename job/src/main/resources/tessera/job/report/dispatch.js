// The dispatch map with the decision tree beside it.

function dispatchSection(subject, shapes) {
  if (subject.why.points) {
    return [card({title: 'Dispatch map', full: true, why: subject.why.points})];
  }
  const pointed = h('div', {class: 'pointed', 'aria-live': 'polite'});
  const tree = treeView(subject, shapes);
  const map = card(mapSpec(subject, shapes));
  shapes.listeners.push(() => {
    pointed.replaceChildren(shapeTip(shapes, shapes.chosen), pathWords(subject, shapes));
    tree.mark(path(subject.tree, shapes.points.values[shapes.chosen]));
    shapes.changed();
  });
  const beside = h('article', {class: shapes.variables.length > 1 ? 'card' : 'card full'}, h('h3', {}, 'Decision tree'),
    h('p', {class: 'read'}, `A call goes from the top to a leaf: ${count(leaves(subject.tree))} `
      + 'in all, each of which names the plan that runs. The marked way is that of the chosen shape; '
      + 'choose another by a click in a chart, or by a leaf.'),
    h('div', {class: shapes.variables.length > 1 ? '' : 'beside'}, h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Decision tree'}, tree.element), pointed));
  return [map, beside];
}

/** The shape that is chosen at first: the worst beside the vendor, for that is what one asks about. */
function first(shapes) {
  const ratioOf = point => shapes.points.vendor[point] > 0 ? shapes.points.vendor[point] / shapes.seconds(point) : Infinity;
  return shapes.all.reduce((worst, point) => ratioOf(point) < ratioOf(worst) ? point : worst);
}

const leaves = tree => tree.variable.filter(variable => variable < 0).length;

function passes(tree, node, values) {
  const value = values[tree.variable[node]];
  return (tree.modulus[node] ? value % tree.modulus[node] : value) <= tree.threshold[node];
}

/** The nodes that a shape passes, its leaf last. */
function path(tree, values) {
  const nodes = [0];
  let node = 0;
  while (tree.variable[node] >= 0) {
    node = passes(tree, node, values) ? tree.left[node] : tree.right[node];
    nodes.push(node);
  }
  return nodes;
}

function testWords(subject, node) {
  const tree = subject.tree;
  const variable = subject.variables[tree.variable[node]];
  return `${variable}${tree.modulus[node] ? ' mod ' + tree.modulus[node] : ''} ≤ ${count(tree.threshold[node])}`;
}

function pathWords(subject, shapes) {
  const values = shapes.points.values[shapes.chosen];
  const nodes = path(subject.tree, values).slice(0, -1);
  return h('p', {}, 'Path: ' + (nodes.length === 0 ? 'no test, one plan serves all shapes'
    : nodes.map(node => testWords(subject, node) + (passes(subject.tree, node, values) ? ' yes' : ' no')).join(', ')));
}

/** The tree as nested lists, whose leaves are buttons. */
function treeView(subject, shapes) {
  const tree = subject.tree;
  const items = [];
  const leafOf = new Map();
  shapes.all.forEach(point => {
    const leaf = path(tree, shapes.points.values[point]).pop();
    leafOf.set(leaf, leafOf.get(leaf) ?? point);
  });
  const branch = (node, words) => {
    if (tree.variable[node] < 0) {
      const plan = tree.label[node];
      items[node] = h('button', {type: 'button', title: subject.plans[plan].name, disabled: !leafOf.has(node),
        onclick: () => shapes.choose(leafOf.get(node))}, words, swatch(planColour(subject, plan)), 'plan ' + plan);
      return h('li', {}, items[node]);
    }
    items[node] = h('span', {class: 'test'}, words, testWords(subject, node));
    return h('li', {}, items[node], h('ul', {}, branch(tree.left[node], 'yes: '), branch(tree.right[node], 'no: ')));
  };
  const element = h('ul', {class: 'tree'}, branch(0, ''));
  return {
    element,
    mark: nodes => {
      items.forEach(item => item.classList.remove('on'));
      nodes.forEach(node => items[node].classList.add('on'));
      const leaf = items[nodes[nodes.length - 1]];
      const box = element.parentElement;
      box.scrollTop += leaf.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
    },
  };
}

/** A band over one variable, a field over two; further ones keep the value of their slice. */
function mapSpec(subject, shapes) {
  const two = shapes.variables.length > 1;
  const view = {x: 0, y: two ? 1 : -1, slice: shapes.variables.map((_, i) => shapes.valuesOf(i)[0])};
  const spec = {
    title: 'Dispatch map', full: !two, height: two ? 460 : 150, shapes, canvas: two,
    read: two
      ? 'Each cell is a shape, its colour the plan that the decision tree gives it. Where small cells alternate, plans are about equally fast.'
      : 'Each stripe is a shape, its colour the plan that the decision tree gives it. Where thin stripes alternate, plans are about equally fast.',
    controls: [...mapControls(shapes, view, () => charts.find(it => it.spec === spec)?.update()), planLegend(subject)],
    option: look => mapOption(subject, shapes, view, look),
    points: () => cells(shapes, view).map((cell, index) => (
      {series: 0, index, words: shapeWords(shapes, cell.point), choose: () => shapes.choose(cell.point)})),
    click: event => known(event.data?.point) && shapes.choose(event.data.point),
    columns: [
      {name: subject.variables.join(', '), of: point => shapes.points.values[point].join(', '), kind: 'number'},
      {name: 'plan', of: point => shapes.points.plan[point] + ': ' + subject.plans[shapes.points.plan[point]].name, kind: 'code'},
      {name: 'expected', of: point => time(shapes.seconds(point)), kind: 'number'},
      {name: 'next', of: point => nextWords(shapes, point), kind: 'number'},
    ],
    rows: () => shapes.all,
  };
  return spec;
}

function nextWords(shapes, point) {
  const second = shapes.second(point);
  return second ? `plan ${second.plan}, ${time(second.seconds)}` : '–';
}

function planLegend(subject) {
  const used = subject.plans.map((plan, index) => ({plan, index})).filter(({plan}) => plan.share !== 0);
  return legend(used.map(({plan, index}) => (
    {name: `plan ${index}` + (known(plan.share) ? ', ' + percent(plan.share) : ''), title: plan.name, colour: planColour(subject, index)})));
}

function mapControls(shapes, view, change) {
  if (shapes.variables.length < 3) {
    return [];
  }
  const bar = h('div', {class: 'bar'});
  const axes = () => [...shapes.variables.keys()].map(i => [i, shapes.variables[i]]);
  const fill = () => {
    bar.replaceChildren(
      choice('Across', axes(), view.x, x => {
        view.y = view.y === x ? view.x : view.y;
        view.x = x;
        fill();
        change();
      }),
      choice('Up', axes().filter(([i]) => i !== view.x), view.y, y => {
        view.y = y;
        fill();
        change();
      }),
      ...axes().filter(([i]) => i !== view.x && i !== view.y).map(([i, name]) =>
        choice(name, shapes.valuesOf(i).map(value => [value, String(value)]), view.slice[i], value => {
          view.slice[i] = value;
          change();
        })));
  };
  fill();
  return [bar];
}

function cells(shapes, view) {
  const place = variable => new Map(shapes.valuesOf(variable).map((value, i) => [value, i]));
  const across = place(view.x);
  const up = view.y < 0 ? null : place(view.y);
  return shapes.all
    .filter(point => shapes.points.grid[point] && shapes.variables.every((_, i) => i === view.x || i === view.y || shapes.points.values[point][i] === view.slice[i]))
    .map(point => ({point, value: [across.get(shapes.points.values[point][view.x]),
      up ? up.get(shapes.points.values[point][view.y]) : 0, shapes.points.plan[point]]}));
}

function mapOption(subject, shapes, view, look) {
  const category = variable => ({type: 'category', data: shapes.valuesOf(variable).map(String)});
  const chosen = shapes.chosen;
  return {
    grid: {left: view.y < 0 ? 18 : 62, right: 18, top: 8, bottom: 48},
    xAxis: axis('shape variable ' + shapes.variables[view.x], category(view.x)),
    yAxis: view.y < 0 ? axis('', {type: 'category', data: [''], axisLabel: {show: false}, axisTick: {show: false}})
      : axis('shape variable ' + shapes.variables[view.y], category(view.y)),
    visualMap: {show: false, type: 'piecewise', dimension: 2,
      pieces: subject.plans.map((_, index) => ({value: index, color: planColour(subject, index)}))},
    tooltip: {trigger: 'item', formatter: event => event.data ? h('div', {class: 'tip'},
      shapeTip(shapes, event.data.point),
      h('p', {}, 'path: ' + (path(subject.tree, shapes.points.values[event.data.point]).slice(0, -1)
        .map(node => (passes(subject.tree, node, shapes.points.values[event.data.point]) ? '' : 'not ') + testWords(subject, node)).join(', ') || 'no test'))) : ''},
    series: [{
      type: 'heatmap',
      data: cells(shapes, view).map(cell => Object.assign(cell, cell.point === chosen
        ? {itemStyle: {borderColor: look.text, borderWidth: 2}} : {})),
      emphasis: {itemStyle: {borderColor: look.text, borderWidth: 2}},
    }],
  };
}
