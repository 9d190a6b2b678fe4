// A Lambda function that says the same with every logger, each behind a line that names it.
import { writeSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import bunyan from 'bunyan';
import pino from 'pino';
import winston from 'winston';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const kind = (process.env.AWS_LAMBDA_LOG_FORMAT ?? 'Text').toLowerCase();

const vector = (name) => writeSync(1, `\x1e${name} ${Date.now()}000000\n`);
const error = () => Object.assign(new TypeError('no order 7'), { code: 'E_ORDER' });

function runtime() {
  vector(`node-${kind}-info`);
  console.log('order %d was taken', 7);
  vector(`node-${kind}-error`);
  console.error('order failed', { order: 7 });
  vector(`node-${kind}-exception`);
  console.error(error());
  vector(`node-${kind}-json`);
  console.warn(JSON.stringify({ level: 'debug', message: 'of its own', order: 7 }));
}

function powertools(context) {
  const log = new Logger({ serviceName: 'shop', logLevel: 'DEBUG' });
  vector('powertools-typescript-info');
  log.info('order 7 was taken', { order: 7 });
  log.addContext(context);
  vector('powertools-typescript-exception');
  log.error('order failed', error());
}

function others() {
  const p = pino({ level: 'trace' }, pino.destination({ fd: 1, sync: true }));
  vector('pino-info');
  p.info({ order: 7, traceId: TRACE, spanId: SPAN }, 'order taken');
  vector('pino-trace');
  p.trace('looking');
  vector('pino-fatal');
  p.fatal({ order: 7 });
  vector('pino-exception');
  p.error({ err: error(), requestId: 'not-ours' }, 'order failed');

  const stream = { write: (line) => writeSync(1, line) };
  const { stdSerializers: serializers } = bunyan;
  const b = bunyan.createLogger({ name: 'shop', serializers, stream });
  vector('bunyan-info');
  b.info({ order: 7 }, 'order taken');
  vector('bunyan-exception');
  b.error({ err: error() }, 'order failed');

  const { combine, timestamp, errors, json } = winston.format;
  const w = winston.createLogger({
    level: 'silly',
    format: combine(timestamp(), errors({ stack: true }), json()),
    transports: [new winston.transports.Console()],
  });
  w.transports[0].log = (info, next) => { stream.write(info[Symbol.for('message')] + '\n'); next(); };
  vector('winston-info');
  w.info('order taken', { order: 7, trace_id: TRACE, span_id: SPAN, trace_flags: '01' });
  vector('winston-verbose');
  w.verbose('looking');
  vector('winston-exception');
  w.error(error());
}

export async function handler(event, context) {
  runtime();
  if (kind === 'text') {
    powertools(context);
    others();
  }
  vector(`node-${kind}-thrown`);
  throw error();
}
