package orders;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The SDK, exporting OTLP/HTTP in protobuf to where OTEL_EXPORTER_OTLP_ENDPOINT says. */
final class Telemetry {
    private static final Resource RESOURCE = Resource.getDefault().merge(Resource.create(
            Attributes.builder()
                    .put("service.name", "orders")
                    .put("service.version", "1.2.3")
                    .put(AttributeKey.stringArrayKey("shop.regions"), List.of("eu", "us"))
                    .put("shop.shelves", 7L)
                    .build()));

    final OpenTelemetrySdk sdk;

    Telemetry() {
        String endpoint = System.getenv("OTEL_EXPORTER_OTLP_ENDPOINT");
        String compression =
                System.getenv().getOrDefault("OTEL_EXPORTER_OTLP_COMPRESSION", "none");
        // The reader exports when the handler flushes, and at no time of its own.
        PeriodicMetricReader reader = PeriodicMetricReader
                .builder(OtlpHttpMetricExporter.builder()
                        .setCompression(compression)
                                .setEndpoint(endpoint + "/v1/metrics").build())
                .setInterval(Duration.ofDays(1))
                .build();
        sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder().setResource(RESOURCE)
                        .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                                .setCompression(compression)
                                .setEndpoint(endpoint + "/v1/traces").build()).build())
                        .build())
                .setMeterProvider(SdkMeterProvider.builder().setResource(RESOURCE)
                        .registerMetricReader(reader).build())
                .setLoggerProvider(SdkLoggerProvider.builder().setResource(RESOURCE)
                        .addLogRecordProcessor(BatchLogRecordProcessor
                                .builder(OtlpHttpLogRecordExporter.builder()
                                        .setCompression(compression)
                                .setEndpoint(endpoint + "/v1/logs").build()).build())
                        .build())
                .build();
    }

    void flush() {
        CompletableResultCode done = CompletableResultCode.ofAll(List.of(
                sdk.getSdkTracerProvider().forceFlush(),
                sdk.getSdkMeterProvider().forceFlush(),
                sdk.getSdkLoggerProvider().forceFlush()));
        if (!done.join(30, TimeUnit.SECONDS).isSuccess()) {
            throw new IllegalStateException("telemetry was not taken", done.getFailureThrowable());
        }
    }
}
