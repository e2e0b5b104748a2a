import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../faults/testing/fault-of.js';
import { ChatTemplate } from './chat-template.js';

const ask = [{ role: 'user', content: ' What? ' }];
test('blocks are trimmed as transformers does it, loops, filters and tests work', () => {
  const text = `
  {% for message in messages %}
    {% if message.role == 'user' and loop.last %}
[{{ message['content'] | trim }}]
    {% endif %}
  {% endfor %}
{% for i in range(2, 8, 3) %}{{ i }};{% endfor %}
{{- 'open' if add_generation_prompt else 'closed' }}
`;
  // The last line's end belongs to the file and not to the text, as in Jinja.
  assert.is(new ChatTemplate(text, 't').render(ask), '\n[What?]\n2;5;closed');
  assert.is(new ChatTemplate(text, 't').render(ask, { addGenerationPrompt: true }), '\n[What?]\n2;5;open');
});

test('variables: the special tokens, what the caller gives, and a date that stands still', () => {
  const text =
    "{{ bos_token }}|{{ date_string is defined }}|{{ date_string }}|{{ strftime_now('%d %b %Y, %A %-m %%') }}|{{ tools is none }}|{{ eos_token is defined }}";
  const template = new ChatTemplate(text, 't', { bos_token: '<s>' });
  assert.is(template.render(ask, { variables: { date_string: '1 May' } }), '<s>|true|1 May|26 Jul 2024, Friday 7 %|true|false');
  assert.is(template.render(ask, { variables: { bos_token: 'B' } }).split('|')[0], 'B');
});

test('texts are stripped as in Python: of the characters given, else of what Python calls white space', () => {
  const render = (text: string, content: string) => new ChatTemplate(text, 't').render([{ role: 'user', content }]);
  const stripped =
    "{% set m = messages[0].content %}[{{ m.lstrip('\\n') }}|{{ m.rstrip('\\n ') }}|{{ m.strip() }}|{{ m | trim }}|{{ m | trim('a\\n') | upper }}]";
  assert.is(render(stripped, '\n\n a \n'), '[ a \n|\n\n a|a|a| A ]');
  assert.is(render('{{ messages[0].content | trim }}', '\x1c\x85\ufeffx\ufeff\u3000'), '\ufeffx\ufeff');
  assert.is(render("{{ messages[0].content.split('-')[1].strip().lstrip('(').rstrip(')') }}{{ nothing | trim }}", 'a- ((b)) '), 'b');
  assert.is(faultOf(() => render('{{ messages.strip() }}', '')).code, 'TEMPLATE_INVALID');
});

test('the marks of generated text are passed over, loop controls work', () => {
  const text =
    '{% for m in messages %}{% if loop.index > 1 %}{% break %}{% endif %}{%- generation -%} {{ m.content }} {%- endgeneration %}.{% endfor %}';
  assert.is(new ChatTemplate(text, 't').render([...ask, ...ask]), ' What? .');
});

test('a template that refuses, fails or cannot be read is a fault that says so', () => {
  const refusing = new ChatTemplate("{{ raise_exception('Conversation roles must alternate') }}", 'folder');
  const fault = faultOf(() => refusing.render(ask));
  assert.is(fault.code, 'TEMPLATE_INVALID');
  assert.is(fault.message, 'the chat template fails: Conversation roles must alternate');
  assert.is(fault.details.where?.source, 'folder');
  assert.match(fault.details.hint!, 'the roles user');
  for (const text of ["{{ 'a' + nothing }}", '{{ messages | no_such_filter }}', '{{ range(1, 2, 0) }}', "{{ strftime_now('%Q') }}"]) {
    assert.is(faultOf(() => new ChatTemplate(text, 't').render(ask)).code, 'TEMPLATE_INVALID', text);
  }
  for (const text of ['{% for x in %}', '{% if a %}', '{{ a', '{% nonsense %}']) {
    assert.match(faultOf(() => new ChatTemplate(text, 't')).message, 'cannot be read', text);
  }
});

test.run();
