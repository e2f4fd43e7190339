// Failed trials, which can be searched.

const MOST_FAILURES_SHOWN = 200;

function failuresSection(subject) {
  if (subject.why.failures) {
    return [card({title: 'Failed trials', full: true, why: subject.why.failures})];
  }
  const outcomes = [...new Set(subject.failures.map(failure => failure.outcome))];
  const search = h('input', {type: 'search', placeholder: 'message, kernel, parameter', oninput: () => show()});
  let outcome = null;
  const found = h('p', {class: 'read', role: 'status'});
  const place = h('div', {});
  const text = failure => [failure.outcome, failure.message, failure.family, failure.parameters].join(' ').toLowerCase();
  const show = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    const rows = subject.failures.filter(failure => (outcome === null || failure.outcome === outcome)
      && wanted.every(word => text(failure).includes(word)));
    const trials = rows.reduce((sum, failure) => sum + failure.count, 0);
    found.textContent = `${some(trials, 'failed trial')} in ${some(rows.length, 'kind')}`
      + (rows.length > MOST_FAILURES_SHOWN ? `, of which the first ${MOST_FAILURES_SHOWN} are shown` : '') + '.';
    place.replaceChildren(table('List of failed trials', FAILURE_COLUMNS, rows.slice(0, MOST_FAILURES_SHOWN)));
  };
  show();
  return [h('article', {class: 'card full'},
    h('h3', {}, 'Failed trials'),
    h('p', {class: 'read'}, 'Trials that brought no time, those of one outcome, family and message together. A few failures are '
      + 'normal: the search tries what the hardware may refuse. Many of one kind say that something is wrong.'),
    h('div', {class: 'bar'},
      h('label', {}, 'Search ', search),
      choice('Outcome', [[null, 'all']].concat(outcomes.map(name => [name, name])), null, value => {
        outcome = value;
        show();
      })),
    found, place)];
}

const FAILURE_COLUMNS = [
  {name: 'trials', of: failure => count(failure.count), kind: 'number'},
  {name: 'outcome', of: failure => failure.outcome},
  {name: 'family', of: failure => failure.family},
  {name: 'message', of: failure => failure.message, kind: 'code'},
  {name: 'for example', of: failure => failure.parameters, kind: 'code'},
];
