// Shows openapi.json: routes by service, parameters, bodies and answers. No library, so that a strict policy can hold.
'use strict';

const make = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

const nameOf = (reference) => reference.split('/').pop();

function typeOf(schema) {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.type === 'array') return `${typeOf(schema.items)}[]`;
  return [schema.type || 'any', schema.format].filter(Boolean).join(' ');
}

function table(rows) {
  const body = make('tbody');
  for (const [name, schema, required, description] of rows) {
    const type = schema.$ref ? linkTo(schema.$ref) : schema.items?.$ref ? linkTo(schema.items.$ref, '[]') : make('code', typeOf(schema));
    body.append(make('tr', '', make('td', '', make('code', name + (required ? ' *' : ''))), make('td', '', type), make('td', description || '')));
  }
  return make('table', '', body);
}

function linkTo(reference, suffix = '') {
  const link = make('a', nameOf(reference) + suffix);
  link.href = `#${nameOf(reference)}`;
  return link;
}

function showOperation(document, path, verb, operation) {
  const details = make('details', '', make('summary', '', Object.assign(make('span', verb.toUpperCase()), { className: 'verb' }), make('code', path), make('span', ` ${operation.summary}`)));
  details.id = operation.operationId;
  const inside = make('div', '', make('p', operation.description));
  const parameters = (operation.parameters || []).map((each) => (each.$ref ? document.components.parameters[nameOf(each.$ref)] : each));
  if (parameters.length) inside.append(make('h4', 'Parameters'), table(parameters.map((each) => [`${each.name} (${each.in})`, each.schema, each.required, each.description])));
  for (const [title, content] of [['Body', operation.requestBody?.content], ['Answer', operation.responses['200'].content]]) {
    if (!content) continue;
    const [type, { schema }] = Object.entries(content)[0];
    inside.append(make('h4', `${title} (${type})`), schema.$ref ? linkTo(schema.$ref) : make('code', typeOf(schema)));
  }
  details.append(inside);
  return details;
}

function showSchema(name, schema) {
  const details = make('details', '', make('summary', '', make('code', name)));
  details.id = name;
  const inside = make('div', '', make('p', schema.description || ''));
  if (schema.properties) inside.append(table(Object.entries(schema.properties).map(([field, each]) => [field, each, schema.required?.includes(field), each.description])));
  details.append(inside);
  return details;
}

function openNamed() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) {
    target.open = true;
    target.scrollIntoView();
  }
}

async function show() {
  const api = await (await fetch('/openapi.json')).json();
  const main = document.getElementById('routes');
  main.replaceChildren(make('p', api.info.description));
  for (const tag of api.tags) {
    const section = make('section', '', make('h2', tag.name), make('p', tag.description));
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const [verb, operation] of Object.entries(operations)) {
        if (operation.tags.includes(tag.name)) section.append(showOperation(api, path, verb, operation));
      }
    }
    main.append(section);
  }
  main.append(make('h2', 'Types'), ...Object.entries(api.components.schemas).map(([name, schema]) => showSchema(name, schema)));
  document.getElementById('search').addEventListener('input', (event) => {
    const words = event.target.value.toLowerCase();
    for (const each of main.querySelectorAll('section details')) each.hidden = !each.textContent.toLowerCase().includes(words);
  });
  addEventListener('hashchange', openNamed);
  openNamed();
}

show();
