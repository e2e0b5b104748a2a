export { definePlugin } from './define-plugin.js';
