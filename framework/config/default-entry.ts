import type { Origin } from './origin.js';

interface EntryOptions {
  kind: 'config' | 'group';
  path: string;
  value?: string | null | string[];
  package?: string | undefined;
  optional?: boolean;
  override?: boolean;
  origin?: Origin | undefined;
  optionOrigins?: readonly (Origin | undefined)[];
}

/**
 * One entry of a defaults list: a config by its path, or an option of a config group. It knows where its values go (its package) once
 * its parent is known. Names and rules are Hydra's (1.3).
 */
export class DefaultEntry {
  readonly kind: 'config' | 'group';
  /** The path of a config, or the name of a group; absolute where it begins with a slash. */
  path: string;
  /** Of a group: the chosen option, several, or none. */
  value: string | null | string[];
  readonly optional: boolean;
  readonly override: boolean;
  /** Where the entry was written, or the override that changed it. */
  origin: Origin | undefined;
  /** Where each of several options was written, as far as it is known. */
  optionOrigins: readonly (Origin | undefined)[];
  /** The package of the file's header line. */
  header: string | undefined;
  primary = false;
  appended = false;
  deleted = false;
  /** Set where the primary config's own folder must not become its package. */
  globalPackage = false;
  private package: string | undefined;
  private parentGroup = '';
  private parentPackage = '';

  constructor(options: EntryOptions) {
    this.kind = options.kind;
    this.path = options.path;
    this.value = options.value ?? null;
    this.optional = options.optional ?? false;
    this.override = options.override ?? false;
    this.origin = options.origin;
    this.optionOrigins = options.optionOrigins ?? [];
    this.package = options.package === '_here_' ? '' : options.package;
  }

  copy(): DefaultEntry {
    return new DefaultEntry({ ...this.fields(), path: this.path, value: this.value, optionOrigins: this.optionOrigins });
  }

  /** The options, each as a config of its own, where there are several. */
  singles(): DefaultEntry[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map(
      (option, index) =>
        new DefaultEntry({
          ...this.fields(),
          kind: 'config',
          path: `${this.path}/${option}`,
          origin: this.optionOrigins[index] ?? this.origin,
        }),
    );
  }

  setParent(group: string, parentPackage: string): void {
    this.parentGroup = group;
    this.parentPackage = parentPackage;
    if (this.package?.includes('_group_')) this.package = `_global_.${this.package.replaceAll('_group_', this.groupPackage())}`;
  }

  setHeader(header: string | undefined): void {
    if (header === undefined) return;
    this.header = header === '_global_' || header.startsWith('_global_.') ? header : header === '' ? '_global_' : `_global_.${header}`;
  }

  get isSelf(): boolean {
    return (this.kind === 'config' ? this.path : this.value) === '_self_';
  }

  /** The name of the file: of a config the last part of its path, of a group the option. Null where no option is chosen. */
  get name(): string | null {
    if (this.kind === 'config') return this.path.slice(this.path.lastIndexOf('/') + 1);
    return typeof this.value === 'string' ? this.value : null;
  }

  get isMissing(): boolean {
    return this.name === '???';
  }

  get isInterpolation(): boolean {
    return (this.kind === 'config' ? this.path : typeof this.value === 'string' ? this.value : '').includes('${');
  }

  /** The group that the entry's file lies in, from the root: "a/b". */
  groupPath(): string {
    const own = this.kind === 'group' ? this.path : this.path.slice(0, Math.max(0, this.path.lastIndexOf('/')));
    if (this.path.startsWith('/')) return own.replace(/^\//, '');
    return [this.parentGroup, own].filter(Boolean).join('/');
  }

  /** The path of the file, from the root and without ending. */
  configPath(): string {
    if (this.kind === 'group') return `${this.groupPath()}/${this.name}`;
    if (this.path.startsWith('/')) return this.path.slice(1);
    return [this.parentGroup, this.path].filter(Boolean).join('/');
  }

  /** Where the values go, from the root: "a.b", or "" for the root itself. */
  finalPackage(withHeader = true): string {
    if (this.globalPackage) return '';
    const own = this.ownPackage(withHeader) ?? this.relativeGroup().replaceAll('/', '.');
    const joined = [this.parentPackage, own].filter(Boolean).join('.');
    const global = joined.lastIndexOf('_global_');
    return global === -1 ? joined : joined.slice(global + '_global_.'.length);
  }

  /** The key under which overrides reach the entry: "group", or "group@package" where it does not go to the usual place. */
  overrideKey(): string {
    const usual = this.groupPackage();
    const final = this.finalPackage(false);
    return usual === final ? this.groupPath() : `${this.groupPath()}@${final || '_global_'}`;
  }

  private ownPackage(withHeader: boolean): string | undefined {
    return this.package ?? (withHeader ? this.header : undefined);
  }

  private groupPackage(): string {
    return this.groupPath().replaceAll('/', '.');
  }

  private relativeGroup(): string {
    const path = this.path.replace(/^\//, '');
    return this.kind === 'group' ? path : path.slice(0, Math.max(0, path.lastIndexOf('/')));
  }

  private fields(): EntryOptions {
    return {
      kind: this.kind,
      path: this.path,
      package: this.package,
      optional: this.optional,
      override: this.override,
      origin: this.origin,
    };
  }
}
