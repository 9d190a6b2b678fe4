// An ordinary instrumented Lambda function; nothing in it knows lull. The functions in the other
// languages do the same. Keys of the event:
//   order  id of the order, an attribute and part of every log line
//   error  throw an error with this message
//   exports  so many more spans, each exported by itself, all at once
import { SpanKind, SpanStatusCode, ValueType, logs, metrics, trace } from '@opentelemetry/api';
import { exportAtOnce, flush } from './telemetry.mjs';

const tracer = trace.getTracer('orders', '1.2.3');
const logger = logs.getLogger('orders', '1.2.3');
const meter = metrics.getMeter('orders', '1.2.3', {
  schemaUrl: 'https://opentelemetry.io/schemas/1.40.0',
});
const orders = meter.createCounter('orders.placed', {
  unit: '{order}',
  description: 'Orders placed',
  valueType: ValueType.INT,
});
const amounts = meter.createHistogram('orders.amount', {
  unit: 'EUR',
  description: 'What an order is worth',
  advice: { explicitBucketBoundaries: [1, 10, 100.5] },
});

export async function handler(event, { awsRequestId }) {
  const { order = 'none', error, exports = 0 } = event;
  // Past the runtime client's console, as a library might.
  process.stdout.write(`order ${order} came in\n`);
  try {
    await tracer.startActiveSpan(
      'orders',
      { kind: SpanKind.SERVER, attributes: { 'faas.invocation_id': awsRequestId } },
      (span) => place(span, order, error),
    );
    await exportAtOnce(exports);
  } finally {
    await flush();
  }
  return { order, request_id: awsRequestId };
}

// All that happens inside the handler's span.
async function place(span, order, error) {
  try {
    charge(order, await load(order));
    console.info(`order ${order} charged`);
    logger.emit({
      severityNumber: 13,
      severityText: 'WARN',
      body: { order, left: 3 },
      attributes: { amount: 12.5, live: false },
    });
    orders.add(1, { kind: 'web' });
    amounts.record(12.5, { kind: 'web' });
    if (error !== undefined) {
      throw new RangeError(error);
    }
  } catch (failure) {
    span.recordException(failure);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    console.error(`order ${order} failed`);
    throw failure;
  } finally {
    span.end();
  }
}

// A call within a call.
async function load(order) {
  return tracer.startActiveSpan('load order', { attributes: { 'order.id': order } }, (span) => {
    const attributes = { 'db.system.name': 'postgresql' };
    tracer.startSpan('query', { kind: SpanKind.CLIENT, attributes }).end();
    span.end();
    return span.spanContext();
  });
}

function charge(order, loaded) {
  const span = tracer.startSpan('charge card', {
    kind: SpanKind.CLIENT,
    links: [{ context: loaded, attributes: { why: 'same order' } }],
  });
  span.setAttributes({
    'order.id': order,
    amount: 12.5,
    retries: -3,
    big: Number.MAX_SAFE_INTEGER,
    live: false,
    note: 'ü 漢 🛒',
    empty: '',
    cards: ['visa', 'amex'],
    codes: [1, -2],
    rates: [0.5, 1e9],
    flags: [true, false],
  });
  span.addEvent('charged', { 'order.id': order });
  span.setStatus({ code: SpanStatusCode.OK });
  span.end();
}
