/** Text that is HTML already. Only `html` makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | null | undefined | false | readonly Content[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for HTML content and quoted attributes; control characters other than line ends and tabs become U+FFFD. */
function escape(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[&<>"']/g, (sign) => entities[sign]!).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd');
}

function render(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return content.map(render).join('');
  return content === null || content === undefined || content === false ? '' : escape(String(content));
}

/** A template whose values are escaped unless they are markup themselves: attributes must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(strings.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

/** An address that a link may have: http(s), or a relative path. Null for others, such as `javascript:`. */
export function safeHref(href: string): string | null {
  const address = href.trim();
  if (/^https?:\/\//i.test(address)) return address;
  return address === '' || /^[a-z][a-z0-9+.-]*:/i.test(address) || /^[/\\]{2}/.test(address) || /\p{Cc}/u.test(address) ? null : address;
}
