import { describeEdgeIn } from './suite.ts';
import { deno } from './support/deno.ts';

describeEdgeIn(deno);
