// An ordinary instrumented Lambda function; nothing in it knows lull. The functions in the other
// languages do the same. Keys of the event:
//   order  id of the order, an attribute and part of every log line
//   error  throw an error with this message
//   connect  wait for this host:port to answer
//   exit   end the process with this code
//   eat    have more memory than there is
//   exports  so many more spans, each exported by itself, all at once
//   cell   export this order with telemetry of its own, made with the OTEL_ variables that are
//          keys of the event, too, and with this word in its resource
import { SpanKind, SpanStatusCode, ValueType, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { meetBadEnd } from './bad-ends.mjs';
import { makeTelemetry } from './telemetry.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const usual = makeOrders(await makeTelemetry());

export async function handler(event, { awsRequestId }) {
  if (event.cell === undefined) {
    return handle(usual, event, awsRequestId);
  }
  for (const name of Object.keys(event).filter((key) => key.startsWith('OTEL_'))) {
    process.env[name] = event[name];
  }
  const telemetry = await makeTelemetry(event.cell);
  try {
    return await handle(makeOrders(telemetry), event, awsRequestId);
  } finally {
    await telemetry.close();
  }
}

// What an order is measured with.
function makeOrders(telemetry) {
  const meter = telemetry.metrics.getMeter('orders', '1.2.3', {
    schemaUrl: 'https://opentelemetry.io/schemas/1.40.0',
  });
  return {
    telemetry,
    tracer: telemetry.traces.getTracer('orders', '1.2.3'),
    logger: telemetry.logs.getLogger('orders', '1.2.3'),
    placed: meter.createCounter('orders.placed', {
      unit: '{order}',
      description: 'Orders placed',
      valueType: ValueType.INT,
    }),
    amounts: meter.createHistogram('orders.amount', {
      unit: 'EUR',
      description: 'What an order is worth',
      advice: { explicitBucketBoundaries: [1, 10, 100.5] },
    }),
  };
}

async function handle(orders, event, requestId) {
  const { order = 'none', exports = 0 } = event;
  // Past the runtime client's console, as a library might.
  process.stdout.write(`order ${order} came in\n`);
  try {
    await orders.tracer.startActiveSpan(
      'orders',
      { kind: SpanKind.SERVER, attributes: { 'faas.invocation_id': requestId } },
      (span) => place(orders, span, order, event),
    );
    await orders.telemetry.exportAtOnce(exports);
  } finally {
    await orders.telemetry.flush();
  }
  return { order, request_id: requestId };
}

// All that happens inside the handler's span.
async function place(orders, span, order, event) {
  try {
    charge(orders, order, await load(orders, order));
    console.info(`order ${order} charged`);
    await meetBadEnd(event);
    orders.logger.emit({
      severityNumber: 13,
      severityText: 'WARN',
      body: { order, left: 3 },
      attributes: { amount: 12.5, live: false },
    });
    orders.placed.add(1, { kind: 'web' });
    orders.amounts.record(12.5, { kind: 'web' });
    if (event.error !== undefined) {
      throw new RangeError(event.error);
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
async function load({ tracer }, order) {
  return tracer.startActiveSpan('load order', { attributes: { 'order.id': order } }, (span) => {
    const attributes = { 'db.system.name': 'postgresql' };
    tracer.startSpan('query', { kind: SpanKind.CLIENT, attributes }).end();
    span.end();
    return span.spanContext();
  });
}

function charge({ tracer }, order, loaded) {
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
