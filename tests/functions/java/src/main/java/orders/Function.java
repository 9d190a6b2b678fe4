package orders;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
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

/**
 * An ordinary instrumented Lambda function; nothing in it knows lull. The functions in the other
 * languages do the same. Keys of the event: order, the id of the order, an attribute and part of
 * every log line; error, fail with this message.
 */
public final class Function implements RequestHandler<Map<String, String>, Map<String, String>> {
    private final Telemetry telemetry = new Telemetry();
    private final Tracer tracer = telemetry.sdk.getTracer("orders", "1.2.3");
    private final Logger logger = telemetry.sdk.getLogsBridge().loggerBuilder("orders")
            .setInstrumentationVersion("1.2.3").build();
    private final LongCounter orders;
    private final DoubleHistogram amounts;

    public Function() {
        Meter meter = telemetry.sdk.meterBuilder("orders").setInstrumentationVersion("1.2.3")
                .setSchemaUrl("https://opentelemetry.io/schemas/1.40.0").build();
        orders = meter.counterBuilder("orders.placed").setUnit("{order}")
                .setDescription("Orders placed").build();
        amounts = meter.histogramBuilder("orders.amount").setUnit("EUR")
                .setDescription("What an order is worth")
                .setExplicitBucketBoundariesAdvice(List.of(1.0, 10.0, 100.5)).build();
    }

    @Override
    public Map<String, String> handleRequest(Map<String, String> event, Context context) {
        String order = event.getOrDefault("order", "none");
        System.out.println("order " + order + " came in");
        try {
            order(order, event.get("error"), context);
        } finally {
            telemetry.flush();
        }
        return Map.of("order", order, "request_id", context.getAwsRequestId());
    }

    /** All that happens inside the handler's span. */
    private void order(String order, String error, Context context) {
        Span span = tracer.spanBuilder("orders").setSpanKind(SpanKind.SERVER)
                .setAttribute("faas.invocation_id", context.getAwsRequestId()).startSpan();
        try (Scope scope = span.makeCurrent()) {
            charge(order, load(order));
            // In the text format the runtime client writes a message as it is: no line end of its own.
            context.getLogger().log("order " + order + " charged\n", LogLevel.INFO);
            logger.logRecordBuilder().setSeverity(Severity.WARN).setSeverityText("WARN")
                    .setBody(Value.of(KeyValue.of("order", Value.of(order)),
                            KeyValue.of("left", Value.of(3))))
                    .setAttribute(AttributeKey.doubleKey("amount"), 12.5)
                    .setAttribute(AttributeKey.booleanKey("live"), false)
                    .emit();
            Attributes web = Attributes.of(AttributeKey.stringKey("kind"), "web");
            orders.add(1, web);
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
