// A Lambda function that cannot be loaded.
import { writeSync } from 'node:fs';

// Behind the client's line Node has words of its own, a line each.
process.once('uncaughtExceptionMonitor', () => process.exit(1));
writeSync(1, `\x1enode-text-init ${Date.now()}000000\n`);
throw Object.assign(new TypeError('no orders'), { code: 'E_ORDERS', level: 'debug' });
