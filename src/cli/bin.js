#!/usr/bin/env node
import module from 'node:module';

// Before anything else is loaded: what was compiled (and its types taken out) at the last start is not compiled again,
// which is half of the start. JavaScript, since this file itself is compiled at every start.
module.enableCompileCache();
await import('./main.ts');
