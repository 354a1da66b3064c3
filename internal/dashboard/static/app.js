// The page of simkld. It shows what the daemon says and does what commands do, through the same functions. Text that
// comes from elsewhere is only ever set as text.
'use strict';

const $ = (selector, within = document) => within.querySelector(selector);
const state = { status: null, at: 0, minPlayed: null, history: [], shown: new Set(), filters: [], offline: false, asked: {} };

// make builds an element. Children are elements or texts; a title from elsewhere goes through bdi.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((c) => c != null && c !== ''));
  return node;
}
const bdi = (text) => make('bdi', {}, text);

// put changes what a node holds only where it differs, so that focus and selection stay.
function put(node, ...children) {
  const next = make('div', {}, ...children);
  if (node.innerHTML !== next.innerHTML) node.replaceChildren(...next.childNodes);
}

// keyed keeps one row for each item, in order. A row that has not changed, or that is being edited, stays as it is.
function keyed(list, items, key, build) {
  const old = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const rows = items.map((item) => {
    const id = String(key(item)), face = JSON.stringify(item), row = old.get(id);
    if (row && (row.dataset.face === face || row.dataset.editing)) return row;
    const fresh = build(item);
    fresh.dataset.key = id;
    fresh.dataset.face = face;
    const focused = row && row.contains(document.activeElement) ? [...row.querySelectorAll('a,button,input')].indexOf(document.activeElement) : -1;
    if (focused >= 0) queueMicrotask(() => (fresh.querySelectorAll('a,button,input')[focused] || $('button,a', fresh))?.focus());
    return fresh;
  });
  rows.forEach((row, i) => { if (list.children[i] !== row) list.insertBefore(row, list.children[i] || null); });
  while (list.children.length > rows.length) list.lastChild.remove();
}

// --- asking the daemon

class Refused extends Error {}

async function ask(method, place, body) {
  const reply = await fetch('/api/v1/' + place, {
    method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  // Numbers that JavaScript cannot hold stay texts.
  const answer = JSON.parse((await reply.text()).replace(/([:[]\s*)(\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
  if (reply.status === 401) { locked(); throw new Refused('This browser was not let in: run simkld dashboard'); }
  if (!reply.ok) throw new Refused(sentence(answer.what) + (answer.do ? ' ' + sentence(answer.do) : ''));
  return answer;
}
const get = (place) => ask('GET', 'command/' + place);
const run = (place, body = {}) => ask('POST', 'command/' + place, body);

function sentence(text) {
  const whole = (text || '').replace(/^./, (c) => c.toUpperCase());
  return /[.!?]$/.test(whole) ? whole : whole + '.';
}

// act does what a button says, then looks at everything anew. What goes wrong is said beside the button.
function act(label, what, options = {}) {
  const button = make('button', { type: 'button', class: options.class, 'aria-label': options.about ? label + ': ' + options.about : null }, label);
  button.disabled = state.offline;
  button.addEventListener('click', async () => {
    if (options.sure && !await sure(options.sure, options.yes || label)) return;
    button.disabled = true;
    try {
      await what(button);
      if (options.said) tell(options.said);
      await refresh();
    } catch (err) {
      trouble(label, err);
    }
    button.disabled = state.offline;
  });
  return button;
}

// --- words

const two = (n) => String(n).padStart(2, '0');
function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}
const time = (text) => { const d = new Date(text); return `${two(d.getHours())}:${two(d.getMinutes())}`; };
const date = (text) => { const d = new Date(text); return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`; };
const when = (text) => text ? (date(text) === date(new Date()) ? 'today ' + time(text) : date(text) + ' ' + time(text)) : '';
const percent = (n) => Math.floor(n) + ' %';
const plural = (n, one, many) => n + ' ' + (n === 1 ? one : many);

function fileName(path) {
  let name = (path || '').replace(/\/+$/, '').split('/').pop();
  try { name = decodeURIComponent(name); } catch { /* a name that is not UTF-8 is shown as it is */ }
  // Control characters and marks that turn the direction of text round become visible.
  return name.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '\ufffd').slice(0, 200);
}

function label(identity, path) {
  const m = identity;
  if (!m || m.kind === 'none' || !m.title) return fileName(path);
  const span = (list) => 'E' + two(list[0]) + (list.length > 1 ? '-E' + two(list[list.length - 1]) : '');
  if (m.kind === 'movie') return m.title + (m.year ? ` (${m.year})` : '');
  if (m.season != null && m.episodes?.length) return `${m.title} S${two(m.season)}${span(m.episodes)}`;
  if (m.episodes?.length) return `${m.title} ${span(m.episodes)}`;
  if (m.absolute?.length) return `${m.title} ${span(m.absolute)}`;
  return m.title + (m.date ? ' ' + m.date : '');
}

// simkl is a link to a title's page, only ever on Simkl.
function simkl(url, text) {
  const page = /^(?:https:\/\/)?(simkl\.com\/[\w/-]+)$/.exec(url || '');
  return page ? make('a', { href: 'https://' + page[1], rel: 'noreferrer', target: '_blank' }, text ? bdi(text) : page[1]) : (text ? bdi(text) : null);
}

const becomes = {
  sent: ['sent', 'good'], queued: ['waiting', 'wait'], unmatched: ['needs you', 'bad'], dead: ['needs you', 'bad'],
  undone: ['undone', ''], dropped: ['dropped', ''], 'not-counted': ['not counted', 'wait'],
};

// --- now playing

function sessionWords(s) {
  if (s.scrobble === 'ignored') return `Ignored: ${s.reason_text || s.reason}. Nothing was sent.`;
  if (s.scrobble === 'watched') return 'Watched.';
  if (s.reason) return `Not counted: ${s.reason_text || s.reason}.`;
  const from = s.duration_s ? ` Watched from ${clock(s.duration_s * 0.8)} on` + (state.minPlayed ? `, once ${state.minPlayed} % was played (${percent(s.played_percent)}).` : '.') : '';
  const said = {
    waiting: 'Not sent yet.', queued: 'Kept, Simkl could not be told yet.', paused: 'Paused on Simkl.', stopped: 'Ended, kept as a resume point.',
    started: 'Scrobbling' + (s.started ? ' since ' + time(s.started) : '') + '.',
  }[s.scrobble] || '';
  return said + (s.state === 'stopped' ? '' : from);
}

function position(s) {
  const gone = s.state === 'playing' && !state.offline ? (performance.now() - state.at) / 1000 * (s.rate || 1) : 0;
  return Math.min(s.duration_s || Infinity, s.position_s + gone);
}

function sessionCard(s) {
  const name = label(s.identity, s.path);
  const poster = make('div', { class: 'poster', 'aria-hidden': 'true' }, ([...name][0] || '?').toUpperCase());
  if (s.url) {
    const image = make('img', { alt: '', src: '/poster/' + encodeURIComponent(s.id) });
    image.addEventListener('load', () => poster.replaceChildren(image));
  }
  const buttons = make('div', { class: 'buttons' },
    make('button', { type: 'button', onclick: () => why(s.id, name) }, 'Why?'),
    s.scrobble === 'ignored' || s.scrobble === 'watched' || s.state === 'stopped' ? null
      : act('Count it', () => run('mark', { entry: Number(s.id) }), { about: name, said: name + ' is counted' }),
    s.state === 'stopped' || s.reason === 'private' ? null
      : act('Private', () => ask('POST', 'private', { file: true }), { about: name, said: 'Nothing more is told of this file' }));
  return make('li', { class: 'session' }, poster,
    make('div', { class: 'what' },
      make('p', { class: 'title' }, simkl(s.url, name) || bdi(name)),
      make('p', { class: 'sub' }, s.episode_title ? bdi('“' + s.episode_title + '” ') : '', s.player)),
    make('div', { class: 'how' },
      make('div', { class: 'bar' }, make('progress', { max: '100', value: '0', 'aria-label': 'Position in ' + name })),
      make('p', { class: 'figures' }, make('span', { class: 'where' }), make('span', { class: 'doing' })),
      make('p', { class: 'sub words' }, ''), buttons));
}

function playing() {
  const list = $('#playing .cards');
  const sessions = [...state.status.sessions].sort((a, b) => rank(a) - rank(b));
  keyed(list, sessions.map((s) => ({ id: s.id, path: s.path, identity: s.identity, url: s.url, scrobble: s.scrobble, reason: s.reason, reason_text: s.reason_text, state: s.state, player: s.player, episode_title: s.episode_title })), (s) => s.id, sessionCard);
  const idle = $('#playing .empty');
  idle.hidden = sessions.length > 0;
  const last = state.status.last;
  put(idle, 'Nothing plays. Start a film in mpv, VLC or any MPRIS player.',
    last ? make('span', {}, ' Last: ', simkl(last.url, last.label) || bdi(last.label), `, ${when(last.watched_at)}, ${(becomes[last.outcome] || [''])[0]}.`) : '');
  move();
}
const rank = (s) => ['playing', 'paused', 'stopped'].indexOf(s.state) + (s.scrobble === 'ignored' ? 10 : 0);

// move draws the positions; nothing else changes with time alone.
let ticking = 0;
function move() {
  for (const s of state.status.sessions) {
    const card = $(`#playing [data-key="${CSS.escape(s.id)}"]`);
    if (!card) continue;
    const at = position(s), share = s.duration_s ? Math.min(100, 100 * at / s.duration_s) : 0;
    const bar = $('progress', card), where = s.duration_s ? `${clock(at)} of ${clock(s.duration_s)}` : clock(at);
    bar.value = share;
    bar.setAttribute('aria-valuetext', `${percent(share)}, ${where}`);
    $('.where', card).textContent = s.duration_s ? `${percent(share)}, ${where}` : where;
    $('.doing', card).textContent = s.state + (s.paused ? ' ' + time(s.paused) : '');
    $('.words', card).textContent = sessionWords(s);
  }
  const runs = !document.hidden && !state.offline && state.status.sessions.some((s) => s.state === 'playing');
  if (runs && !ticking) ticking = setInterval(move, 1000);
  if (!runs && ticking) { clearInterval(ticking); ticking = 0; }
}

// --- needs you

function candidate(row, c) {
  const numbers = c.season != null && c.episode != null ? ` S${two(c.season)}E${two(c.episode)}` : c.episode != null ? ` E${two(c.episode)}` : '';
  const name = c.title + (c.year ? ` (${c.year})` : '') + numbers;
  return make('li', {}, make('p', {}, bdi(name), c.flaw ? ', ' + c.flaw : '', ' ', make('span', { class: 'sub' }, simkl(c.url) || '')),
    c.flaw ? null : act('That one', () => run('fix', { entry: Number(row.id), simkl: c.ids.simkl }), { about: name, class: 'first', said: name + ' it is' }));
}

function unmatchedCard(row) {
  const name = fileName(row.path) || label(row.identity, row.path);
  const list = make('ul', { class: 'candidates', 'aria-label': 'What it may be' }, ...row.candidates.map((c) => candidate(row, c)));
  const field = make('input', { type: 'text', 'aria-label': 'Other words for ' + name, value: row.identity?.title || '', maxlength: '200' });
  const form = make('form', { class: 'words', hidden: true }, field, make('button', { class: 'first' }, 'Ask Simkl'), make('p', { class: 'error', role: 'alert', hidden: true }));
  const card = make('li', {},
    make('p', { class: 'title' }, bdi(name)),
    make('p', { class: 'sub' }, `Played ${when(row.watched_at || row.created_at)}. `, row.last_error ? sentence(row.last_error) : '', ' The watch is kept.'),
    list, form,
    make('div', { class: 'buttons' },
      make('button', { type: 'button', onclick: () => { form.hidden = false; card.dataset.editing = 'yes'; field.focus(); field.select(); } }, 'Other words'),
      act('Forget it', () => run('drop', { entry: Number(row.id) }), { about: name, class: 'plain', sure: `Forget ${name}? It will not be sent to Simkl.` })));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const error = $('.error', form);
    error.hidden = true;
    try {
      const found = await run('find', { entry: Number(row.id), words: field.value });
      list.replaceChildren(...found.map((c) => candidate(row, c)));
      if (!found.length) throw new Refused('Simkl knows nothing by these words.');
      tell(plural(found.length, 'title', 'titles') + ' found');
    } catch (err) {
      error.textContent = words(err);
      error.hidden = false;
    }
  });
  return card;
}

function deadCard(row) {
  const name = label(row.identity, row.path);
  return make('li', {},
    make('p', { class: 'title' }, bdi(name)),
    make('p', { class: 'sub' }, `Played ${when(row.watched_at || row.created_at)}. Simkl refused it: `, sentence(row.last_error || 'no reason given'), ' The watch is kept.'),
    make('div', { class: 'buttons' },
      act('Try again', () => run('retry', { entry: Number(row.id) }), { about: name, class: 'first' }),
      act('Forget it', () => run('drop', { entry: Number(row.id) }), { about: name, class: 'plain', sure: `Forget ${name}? It will not be sent to Simkl.` })));
}

// needCard is a sentence of the daemon: what is wrong, and the command that mends it.
function needCard(need) {
  const [, what, command] = /^(.*): (simkld .*)$/.exec(need.text) || [null, need.text, ''];
  return make('li', {}, make('p', { class: 'title' }, sentence(what)), command ? make('p', { class: 'sub' }, 'Run ', make('code', {}, command)) : null);
}

function needs(unmatched, dead) {
  // What the rows below say themselves is not said twice.
  const said = state.status.needs.filter((n) => !/: simkld (unmatched|queue list)$/.test(n));
  const items = [...said.map((text) => ({ id: 'said ' + text, text })), ...unmatched, ...dead];
  keyed($('#needs .cards'), items, (i) => i.id, (i) => i.text ? needCard(i) : i.state === 'dead' ? deadCard(i) : unmatchedCard(i));
  $('#needs .count').textContent = items.length ? `(${items.length})` : '';
  $('#needs .empty').hidden = items.length > 0;
  document.title = items.length ? `(${items.length}) simkld` : 'simkld';
}

// --- waiting, history, resume points

function waiting(rows) {
  const q = state.status.queue;
  keyed($('#waiting .rows'), rows, (r) => r.id + r.kind, (r) => make('li', {},
    make('span', { class: 'when' }, when(r.watched_at || r.created_at)),
    make('span', { class: 'what' }, bdi(label(r.identity, r.path)), r.kind === 'live' ? ' (live)' : '', r.last_error ? make('span', { class: 'more' }, ' ' + r.last_error) : ''),
    make('span', { class: 'more' }, r.attempts ? plural(r.attempts, 'try', 'tries') : ''),
    make('div', { class: 'buttons' }, act('Drop', () => run('drop', { entry: Number(r.id) }), { about: label(r.identity, r.path), class: 'plain', sure: `Forget ${label(r.identity, r.path)}? It will not be sent to Simkl.` }))));
  const note = [];
  if (!state.status.simkl.reachable) note.push('Simkl cannot be reached' + (state.status.simkl.since ? ' since ' + time(state.status.simkl.since) : '') + '. Nothing is lost.');
  if (q.held_until) note.push(`Simkl holds us off until ${time(q.held_until)}. ${q.held_why || ''}`);
  if (rows.length && q.next_attempt) note.push('Next try ' + (new Date(q.next_attempt) > new Date() ? time(q.next_attempt) : 'now') + '.');
  $('#waiting .note').textContent = note.join(' ');
  $('#waiting .now').hidden = !rows.length;
  $('#waiting .note').hidden = !note.length;
  $('#waiting .count').textContent = rows.length ? `(${rows.length})` : '';
  $('#waiting .empty').hidden = rows.length > 0 || note.length > 0;
}

function historyRow(e) {
  const name = label(e.identity, e.path), [word, mark] = becomes[e.outcome] || [e.outcome, ''];
  const undo = ['sent', 'queued', 'unmatched', 'dead'].includes(e.outcome);
  return make('li', {},
    make('span', { class: 'when' }, when(e.watched_at || e.ended_at)),
    make('span', { class: 'what' }, simkl(e.simkl?.url, name) || bdi(name), make('span', { class: 'more' }, '  ' + e.player)),
    make('span', { class: 'state ' + mark }, word),
    make('div', { class: 'buttons' },
      make('button', { type: 'button', class: 'plain', 'aria-label': 'Why: ' + name, onclick: () => why(e.id, name) }, 'Why?'),
      undo ? act('Undo', () => run('undo', { entry: Number(e.id) }), { about: name, class: 'plain', said: name + ' is taken back', sure: e.outcome === 'sent' ? `Take ${name} back? It is removed from Simkl, and nothing else is.` : null }) : null,
      e.outcome === 'not-counted' ? act('Count it', () => run('mark', { entry: Number(e.id) }), { about: name, class: 'plain', said: name + ' is counted' }) : null));
}

// history shows what is known already as it is now; new rows wait until they are asked for.
function history(entries, all) {
  state.history = entries;
  if (all || !state.shown.size) state.shown = new Set(entries.map((e) => e.id));
  const fresh = entries.filter((e) => !state.shown.has(e.id)).length;
  const button = $('#history .new');
  button.hidden = !fresh;
  button.textContent = fresh + ' new';
  keyed($('#history .rows'), entries.filter((e) => state.shown.has(e.id)), (e) => e.id, historyRow);
  $('#history .empty').hidden = entries.length > 0;
  $('#history .csv').hidden = !entries.length;
}

async function resume() {
  const points = await get('playback');
  keyed($('#resume .rows'), points, (p) => p.id, (p) => {
    const title = p.movie || p.show || p.anime || {};
    const e = p.episode;
    const name = (title.title || '?') + (e ? ` ${e.season != null ? 'S' + two(e.season) : ''}E${two(e.number ?? e.episode ?? 0)}` : title.year ? ` (${title.year})` : '');
    const kind = p.movie ? 'movies' : p.anime ? 'anime' : 'tv', id = title.ids?.simkl ?? title.ids?.simkl_id;
    return make('li', {}, make('span', { class: 'when' }, when(p.paused_at)),
      make('span', { class: 'what' }, simkl(id ? `simkl.com/${kind}/${id}` : '', name) || bdi(name)),
      make('span', { class: 'more' }, 'at ' + percent(p.progress || 0)),
      make('div', { class: 'buttons' }, act('Remove', async () => { await run('playback-remove', { playback: p.id }); await resume(); }, { about: name, class: 'plain', sure: `Remove the resume point of ${name} from Simkl?`, said: 'Removed' })));
  });
  $('#resume .empty').hidden = points.length > 0;
}

// --- requests

const columns = ['status', 'path', 'method', 'query', 'latency_ms', 'cache', 'user_agent', 'burst', 'error', 'time', 'id'];
const operators = ['contains', 'not contains', 'equals', 'not equals', 'starts with', 'ends with', 'in', 'not in'];

const where = () => state.filters.map((f) => 'where=' + encodeURIComponent(f)).join('&');

async function requests() {
  const error = $('#requests .error');
  let rows;
  try {
    rows = await get('requests?' + where());
    error.hidden = true;
  } catch (err) {
    if (!(err instanceof Refused)) throw err;
    error.textContent = words(err);
    error.hidden = false;
    return;
  }
  const bursts = rows.filter((r) => r.burst).length;
  $('#requests .count').textContent = bursts ? `(BURST ${bursts})` : '';
  keyed($('#requests tbody'), rows.reverse().slice(0, 200), (r) => r.id, (r) => make('tr', { class: r.error || r.status >= 400 || !r.status ? 'bad' : null },
    make('td', { class: 'number' }, String(r.id)), make('td', {}, clockOf(r.time)), make('td', { class: 'call' }, bdi(r.method + ' ' + r.path), r.error ? make('div', { class: 'sub' }, r.error) : ''),
    make('td', { class: 'number status' }, r.status ? String(r.status) : '-'), make('td', { class: 'number' }, String(r.latency_ms)), make('td', {}, r.cache || ''), make('td', { class: 'burst' }, r.burst ? 'BURST' : '')));
  const none = $('#requests .empty');
  none.hidden = rows.length > 0;
  none.textContent = state.filters.length ? 'No request fits these filters.' : 'Simkl was asked nothing in the last 24 hours.';
  $('#requests .table').hidden = !rows.length;
  $('#requests .csv').href = '/api/v1/command/requests.csv?' + where();
}
const clockOf = (text) => { const d = new Date(text); return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`; };

function chips() {
  put($('#requests .chips'));
  $('#requests .chips').replaceChildren(...state.filters.map((f, i) => make('li', {}, make('button', {
    type: 'button', 'aria-label': 'Remove the filter ' + f, onclick: () => { state.filters.splice(i, 1); chips(); requests(); $('#requests input').focus(); },
  }, f + ' ×'))));
}

// --- settings and health

async function settings() {
  const all = await get('settings');
  const own = all.filter((s) => s.origin && s.origin !== 'default');
  state.minPlayed = Number(all.find((s) => s.key === 'scrobble.min_played_percent')?.value) || null;
  const file = own.map((s) => s.origin).find((o) => /\.toml/.test(o));
  $('#settings .note').textContent = `Read-only. ${plural(own.length, 'key', 'keys')} set` + (file ? `; edit ${file.replace(/:\d+(:\d+)?$/, '')}` : '; edit the file that simkld config path names') + '.';
  keyed($('#settings tbody'), all, (s) => s.key, (s) => make('tr', {}, make('td', { class: own.includes(s) ? 'set' : null }, s.key), make('td', {}, make('code', {}, s.value)), make('td', {}, s.origin || 'default')));
}

async function health() {
  const note = $('#health .note');
  note.textContent = 'Checking …';
  try {
    const lines = await get('doctor');
    keyed($('#health .rows'), lines, (l) => l.check, (l) => make('li', {},
      make('span', { class: 'state ' + { ok: 'good', hint: 'wait', fail: 'bad' }[l.state] }, l.state === 'fail' ? 'FAIL' : l.state),
      make('span', {}, l.check), make('span', {}, bdi(l.text), l.mend ? make('span', {}, ': ', make('code', {}, l.mend)) : '')));
    const fails = lines.filter((l) => l.state === 'fail').length, hints = lines.filter((l) => l.state === 'hint').length;
    note.textContent = fails ? `${fails} fail, ${plural(hints, 'hint', 'hints')}.` : hints ? `No trouble found, ${plural(hints, 'hint', 'hints')}.` : 'No trouble found.';
    tell(note.textContent);
  } catch (err) {
    note.textContent = 'Not checked.';
    throw err;
  }
}

// --- dialogs

function show(title, body, buttons) {
  $('#dialog-title').textContent = title;
  $('#dialog .body').replaceChildren(...body);
  $('#dialog > .buttons').replaceChildren(...buttons);
  const dialog = $('#dialog');
  if (!dialog.open) dialog.showModal();
  return dialog;
}
const close = () => make('button', { type: 'button', onclick: () => $('#dialog').close() }, 'Close');

function sure(question, yes) {
  return new Promise((resolve) => {
    let agreed = false;
    const dialog = show(question, [], [
      make('button', { type: 'button', autofocus: true, onclick: () => dialog.close() }, 'Leave it'),
      make('button', { type: 'button', class: 'first', onclick: () => { agreed = true; dialog.close(); } }, yes)]);
    // The event comes late: it may be that of an earlier question when this one is already open.
    const closed = () => { if (!dialog.open) { dialog.removeEventListener('close', closed); resolve(agreed); } };
    dialog.addEventListener('close', closed);
  });
}

const words = (err) => err instanceof Refused ? err.message : 'simkld gives no answer.';
function trouble(what, err) {
  if (!(err instanceof Refused)) lose();
  show(what + ': not done', [make('p', { role: 'alert' }, words(err))], [close()]);
}

async function why(id, name) {
  try {
    const w = await ask('GET', 'why?watch=' + encodeURIComponent(id));
    show(name, [make('p', { class: 'sub' }, sentence(w.summary), ' ', simkl(w.url) || ''), make('ul', { class: 'chain' }, ...w.chain.map((d) => make('li', { class: d.decided ? 'decided' : null },
      make('span', { class: { ok: 'good', NO: 'bad' }[d.mark] || '' }, d.mark), make('span', {}, d.rule), make('bdi', {}, d.text))))], [close()]);
  } catch (err) {
    trouble('Why?', err);
  }
}

const singleKeys = () => localStorage.getItem('keys') !== 'off';
function help() {
  const box = make('input', { type: 'checkbox', id: 'keys' });
  box.checked = singleKeys();
  box.addEventListener('change', () => localStorage.setItem('keys', box.checked ? 'on' : 'off'));
  const keys = [['/', 'to the filter of the requests'], ['?', 'this list'], ['Esc', 'closes it']];
  show('Keys', [make('dl', { class: 'keys' }, ...keys.flatMap(([k, what]) => [make('dt', {}, make('kbd', {}, k)), make('dd', {}, what)])),
    make('label', { class: 'switch' }, box, 'Keys of one letter'),
    make('p', { class: 'sub' }, 'Everything here can be typed too: ', make('code', {}, 'simkld help'), '.')], [close()]);
}

function privacy() {
  const set = (label, hours) => act(label, async () => { await ask('POST', 'private', hours ? { until: new Date(Date.now() + hours * 36e5).toISOString() } : {}); $('#dialog').close(); }, { said: hours ? 'Private' : 'Private is off' });
  show('Private', [make('p', {}, 'While it is on, nothing is told of what plays. What was started is paused on Simkl.'),
    make('div', { class: 'buttons' }, set('1 hour', 1), set('2 hours', 2), set('Until tomorrow', 24), set('Off', 0))], [close()]);
}

// --- what the daemon says

// tell says something to who cannot see the page.
function tell(text) { $('#live').textContent = text; }

let faces = '';
function heard(status) {
  const before = state.status;
  state.status = status;
  state.at = performance.now();
  const reach = $('#link');
  const [text, mark] = !status.account.linked ? ['No account linked', 'bad'] : status.simkl.reachable ? ['Connected to Simkl', 'good'] : ['Simkl cannot be reached', 'wait'];
  reach.textContent = text;
  reach.className = 'state ' + mark;
  $('#account').textContent = status.account.name || '';
  $('#private').textContent = status.private_until ? 'Private until ' + time(status.private_until) : 'Private: off';
  $('#version').textContent = `simkld ${status.version}, pid ${status.pid}. Listens to ${status.players.join(', ') || 'no player'}.`;
  playing();
  for (const s of status.sessions) {
    const old = before?.sessions.find((o) => o.id === s.id);
    if (before && (!old || old.scrobble !== s.scrobble)) tell(`${label(s.identity, s.path)}: ${s.scrobble}`);
  }
  // A position alone changes no list.
  const now = JSON.stringify([status.queue, status.needs, status.last, status.account, status.sessions.map((s) => [s.id, s.scrobble, s.state, s.reason])]);
  if (now !== faces) { faces = now; refresh(false); }
}

// refresh looks at every list anew. Several wishes at once are one.
let refreshing = null, again = false;
function refresh(all = true) {
  if (refreshing) { again = true; return refreshing; }
  refreshing = (async () => {
    do {
      again = false;
      const [queue, unmatched, entries] = await Promise.all([get('queue'), get('unmatched'), get('history')]);
      needs(unmatched, queue.filter((r) => r.state === 'dead'));
      waiting(queue.filter((r) => r.state === 'pending'));
      history(entries, all);
      await requests();
    } while (again);
  })().catch((err) => { if (!(err instanceof Refused)) lose(); }).finally(() => { refreshing = null; });
  return refreshing;
}

// --- the stream

let stream = null, retry = 0, wait = 1, lostAt = null;

function connect() {
  clearTimeout(retry);
  stream?.close();
  stream = new EventSource('/api/v1/events');
  stream.addEventListener('message', (event) => {
    if (state.offline || !state.status) found();
    heard(JSON.parse(event.data));
  });
  stream.addEventListener('error', lose);
}

function found() {
  wait = 1;
  lostAt = null;
  state.offline = false;
  faces = '';
  document.body.classList.remove('offline');
  $('#lost').hidden = true;
  for (const b of document.querySelectorAll('main button, #private')) b.disabled = false;
  settings().catch(() => {});
}

async function lose() {
  stream?.close();
  if (document.hidden) return; // it was closed by hand
  clearTimeout(retry);
  retry = setTimeout(connect, wait * 1000);
  wait = Math.min(15, wait * 2);
  if (state.offline) return;
  state.offline = true;
  lostAt = new Date();
  try {
    if ((await fetch('/api/v1/status')).status === 401) return locked();
  } catch { /* it is gone, as was thought */ }
  if (!state.offline) return;
  document.body.classList.add('offline');
  $('#lost span').textContent = `No answer since ${time(lostAt)}; this is from then.`;
  $('#lost').hidden = false;
  $('#link').textContent = 'No answer';
  $('#link').className = 'state bad';
  for (const b of document.querySelectorAll('main button, #private')) b.disabled = true;
  tell('simkld gives no answer');
  if (state.status) move();
}

function locked() {
  clearTimeout(retry);
  stream?.close();
  document.body.classList.add('locked');
  document.body.replaceChildren(make('main', {}, make('h1', {}, 'This browser was not let in'), make('p', {}, 'Run ', make('code', {}, 'simkld dashboard'), ' on the machine where simkld runs.')));
}

// A hidden tab costs nothing: it closes the stream and looks anew when it is seen again.
document.addEventListener('visibilitychange', () => {
  if (document.body.classList.contains('locked')) return;
  if (document.hidden) { clearTimeout(retry); stream?.close(); if (state.status) move(); } else connect();
});

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys() || event.target.closest('input, select, textarea') || $('#dialog')?.open) return;
  if (event.key === '/') { event.preventDefault(); $('#requests input').focus(); }
  if (event.key === '?') { event.preventDefault(); help(); }
});

for (const [i, list] of [columns, operators].entries()) {
  $('#requests').querySelectorAll('select')[i].append(...list.map((name) => make('option', {}, name)));
}
$('#requests form').addEventListener('submit', (event) => {
  event.preventDefault();
  const [column, operator] = [...$('#requests').querySelectorAll('select')].map((s) => s.value), value = $('#requests input').value.trim();
  if (!value) return $('#requests input').focus();
  state.filters.push(`${column} ${operator} ${value}`);
  $('#requests input').value = '';
  chips();
  requests().catch(lose);
});
$('#help').addEventListener('click', help);
$('#private').addEventListener('click', privacy);
$('#lost button').addEventListener('click', connect);
$('#history .new').addEventListener('click', () => { history(state.history, true); $('#history .rows button')?.focus(); });
$('#waiting .now').replaceWith(act('Try now', () => run('retry-all'), { class: 'now' }));
for (const [section, look, label] of [['#resume', resume, 'Ask Simkl'], ['#health', health, 'Check']]) $(section + ' .look').replaceWith(act(label, look, { class: 'look' }));
connect();
