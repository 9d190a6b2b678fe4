package orders;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Map;

/** Places orders, and measures with this telemetry. */
final class Orders {
    private final Telemetry telemetry;
    private final Tracer tracer;
    private final Logger logger;
    private final LongCounter placed;
    private final DoubleHistogram amounts;

    Orders(Telemetry telemetry) {
        this.telemetry = telemetry;
        tracer = telemetry.sdk.getTracer("orders", "1.2.3");
        logger = telemetry.sdk.getLogsBridge().loggerBuilder("orders")
                .setInstrumentationVersion("1.2.3").build();
        Meter meter = telemetry.sdk.meterBuilder("orders").setInstrumentationVersion("1.2.3")
                .setSchemaUrl("https://opentelemetry.io/schemas/1.40.0").build();
        placed = meter.counterBuilder("orders.placed").setUnit("{order}")
                .setDescription("Orders placed").build();
        amounts = meter.histogramBuilder("orders.amount").setUnit("EUR")
                .setDescription("What an order is worth")
                .setExplicitBucketBoundariesAdvice(List.of(1.0, 10.0, 100.5)).build();
    }

    Map<String, String> handle(Map<String, String> event, Context context) {
        String order = event.getOrDefault("order", "none");
        System.out.println("order " + order + " came in");
        try {
            place(order, event, context);
        } finally {
            telemetry.flush();
        }
        return Map.of("order", order, "request_id", context.getAwsRequestId());
    }

    /** All that happens inside the handler's span. */
    private void place(String order, Map<String, String> event, Context context) {
        String error = event.get("error");
        Span span = tracer.spanBuilder("orders").setSpanKind(SpanKind.SERVER)
                .setAttribute("faas.invocation_id", context.getAwsRequestId()).startSpan();
        try (Scope scope = span.makeCurrent()) {
            charge(order, load(order));
            // In the text format the runtime client writes a message as it is: no line end of its own.
            context.getLogger().log("order " + order + " charged\n", LogLevel.INFO);
            BadEnds.meet(event);
            logger.logRecordBuilder().setSeverity(Severity.WARN).setSeverityText("WARN")
                    .setBody(Value.of(KeyValue.of("order", Value.of(order)),
                            KeyValue.of("left", Value.of(3))))
                    .setAttribute(AttributeKey.doubleKey("amount"), 12.5)
                    .setAttribute(AttributeKey.booleanKey("live"), false)
                    .emit();
            Attributes web = Attributes.of(AttributeKey.stringKey("kind"), "web");
            placed.add(1, web);
            amounts.record(12.5, web);
            if (error != null) {
                IllegalStateException failure = new IllegalStateException(error);
                span.recordException(failure);
                span.setStatus(StatusCode.ERROR, error);
                context.getLogger().log("order " + order + " failed\n", LogLevel.ERROR);
                throw failure;
            }
        } finally {
            span.end();
        }
    }

    /** A call within a call. */
    private SpanContext load(String order) {
        Span span = tracer.spanBuilder("load order").setAttribute("order.id", order).startSpan();
        try (Scope scope = span.makeCurrent()) {
            tracer.spanBuilder("query").setSpanKind(SpanKind.CLIENT)
                    .setAttribute("db.system.name", "postgresql").startSpan().end();
        } finally {
            span.end();
        }
        return span.getSpanContext();
    }

    private void charge(String order, SpanContext loaded) {
        Span span = tracer.spanBuilder("charge card").setSpanKind(SpanKind.CLIENT)
                .addLink(loaded, Attributes.of(AttributeKey.stringKey("why"), "same order"))
                .startSpan();
        span.setAttribute("order.id", order).setAttribute("amount", 12.5)
                .setAttribute("retries", -3L).setAttribute("big", 1L << 62)
                .setAttribute("live", false)
                .setAttribute("note", "ü 漢 🛒").setAttribute("empty", "")
                .setAttribute(AttributeKey.stringArrayKey("cards"), List.of("visa", "amex"))
                .setAttribute(AttributeKey.longArrayKey("codes"), List.of(1L, -2L))
                .setAttribute(AttributeKey.doubleArrayKey("rates"), List.of(0.5, 1e9))
                .setAttribute(AttributeKey.booleanArrayKey("flags"), List.of(true, false));
        span.addEvent("charged", Attributes.of(AttributeKey.stringKey("order.id"), order));
        span.setStatus(StatusCode.OK);
        span.end();
    }
}
