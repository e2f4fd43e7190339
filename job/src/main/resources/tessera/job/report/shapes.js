// The shapes of a bundle: which of them are looked at, along what, and which one is pointed at.

/** A subject's points with the state of the page. */
class Shapes {
  constructor(subject) {
    this.variables = subject.variables;
    this.plans = subject.plans;
    this.points = subject.points;
    this.vendor = subject.vendor;
    this.listeners = [];
    this.chosen = null;
    this.all = [...this.points.values.keys()];
    this.along = this.longest();
    this.fixed = this.variables.map((_, i) => {
      const values = this.valuesOf(i);
      return this.variables.length < 2 || i === this.along ? null : values[values.length >> 1];
    });
  }

  /** The variable with the most values; -1 where there is none. */
  longest() {
    const counts = this.variables.map((_, i) => this.valuesOf(i).length);
    return counts.indexOf(Math.max(...counts));
  }

  name(point) {
    return this.variables.map((variable, i) => variable + ' = ' + count(this.points.values[point][i])).join(', ');
  }

  /** The x of a point: a variable's value, or the work of a call. */
  x(point) {
    return this.along < 0 ? 1e-9 * this.points.flops[point] : this.points.values[point][this.along];
  }

  xAxis(padding = 0) {
    if (this.along < 0) {
      return factors(this.xName() + ', logarithmic', this.slice().map(point => this.x(point)));
    }
    const xs = this.slice().map(point => this.x(point));
    const margin = padding * (Math.max(...xs) - Math.min(...xs)) || padding;
    return axis(this.xName(), {min: Math.min(...xs) - margin, max: Math.max(...xs) + margin, minInterval: 1,
      axisLabel: {showMinLabel: padding === 0, showMaxLabel: padding === 0}});
  }

  xName() {
    return this.along < 0 ? 'work of a call (GFLOP)' : 'shape variable ' + this.variables[this.along];
  }

  /** Points of the chosen slice, by x. */
  slice() {
    return this.all
      .filter(point => this.fixed.every((value, i) => value === null || i === this.along
        || this.points.values[point][i] === value))
      .sort((a, b) => this.x(a) - this.x(b));
  }

  /** Whether a slice is a line: one point for each x. */
  isLine() {
    return this.variables.length === 1 || this.along >= 0
      && this.fixed.every((value, i) => value !== null || i === this.along);
  }

  valuesOf(variable) {
    return [...new Set(this.all.filter(point => this.points.grid[point]).map(point => this.points.values[point][variable]))].sort((a, b) => a - b);
  }

  /** What a call takes by the best source: measured through the bundle, else as its plan's time. */
  seconds(point) {
    return this.points.expected[point] ?? this.planSeconds(this.points.plan[point], point);
  }

  planSeconds(plan, point) {
    return this.points.seconds[plan]?.[point] ?? null;
  }

  /** The fastest other plan of a point: {plan, seconds}; null where none has a time. */
  second(point) {
    return this.plans
      .map((_, plan) => ({plan, seconds: this.planSeconds(plan, point)}))
      .filter(other => other.plan !== this.points.plan[point] && known(other.seconds))
      .sort((a, b) => a.seconds - b.seconds)[0] || null;
  }

  source(point) {
    return known(this.points.expected[point]) ? 'measured through the bundle'
      : ['measured to train the dispatcher', 'predicted by the cost model'][this.points.source[point]] || 'unknown';
  }

  choose(point) {
    this.chosen = point;
    this.listeners.forEach(listener => listener());
  }

  changed() {
    charts.filter(chart => chart.spec.shapes).forEach(chart => chart.update());
  }

  /** Controls that choose the axis and the slice; none where there is nothing to choose. */
  controls() {
    if (this.variables.length < 2) {
      return [];
    }
    const bar = h('div', {class: 'bar'});
    const fill = () => {
      const axes = [...this.variables.keys()].map(i => [i, this.variables[i]]).concat([[-1, 'work of a call']]);
      bar.replaceChildren(choice('Along', axes, this.along, along => {
        this.along = along;
        fill();
        this.changed();
      }));
      this.variables.forEach((variable, i) => {
        if (i !== this.along) {
          const values = [[null, 'all']].concat(this.valuesOf(i).map(value => [value, String(value)]));
          bar.append(choice(variable, values, this.fixed[i], value => {
            this.fixed[i] = value;
            this.changed();
          }));
        }
      });
    };
    fill();
    return [bar];
  }
}

/** What is said of a shape wherever it is shown. */
function shapeTip(shapes, point) {
  const plan = shapes.points.plan[point];
  const seconds = shapes.seconds(point);
  const vendor = shapes.points.vendor[point];
  const second = shapes.second(point);
  return tip(shapes.name(point),
    `${time(seconds)}, ${speed(shapes.points.flops[point] / seconds)}, ${shapes.source(point)}`,
    `plan ${plan}: ${shapes.plans[plan].name}`,
    known(vendor) && vendor > 0 ? `${ratio(vendor / seconds)} as fast as ${shapes.vendor}, which takes ${time(vendor)}` : null,
    second ? `next: plan ${second.plan}, ${time(second.seconds)}` : null);
}

function shapeWords(shapes, point) {
  return `${shapes.name(point)}: ${time(shapes.seconds(point))}, plan ${shapes.points.plan[point]}`;
}

const planColour = (subject, plan) => subject.plans[plan].colour;

function speed(flopsPerSecond) {
  const best = speedUnit([flopsPerSecond]);
  return number(flopsPerSecond * best.per) + ' ' + best.name;
}
