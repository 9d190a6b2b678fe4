package orders;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
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

/** The SDK. */
final class Telemetry implements AutoCloseable {
    final OpenTelemetrySdk sdk;

    /** What is in `more` is added to the resource. */
    Telemetry(Exporters exporters, Attributes more) {
        Resource resource = Resource.getDefault().merge(Resource.create(Attributes.builder()
                .put("service.name", "orders")
                .put("service.version", "1.2.3")
                .put(AttributeKey.stringArrayKey("shop.regions"), List.of("eu", "us"))
                .put("shop.shelves", 7L)
                .putAll(more)
                .build()));
        sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder().setResource(resource)
                        .addSpanProcessor(BatchSpanProcessor.builder(exporters.spans()).build())
                        .build())
                .setMeterProvider(SdkMeterProvider.builder().setResource(resource)
                        // It exports when the handler flushes, and at no time of its own.
                        .registerMetricReader(PeriodicMetricReader.builder(exporters.points())
                                .setInterval(Duration.ofDays(1)).build())
                        .build())
                .setLoggerProvider(SdkLoggerProvider.builder().setResource(resource)
                        .addLogRecordProcessor(
                                BatchLogRecordProcessor.builder(exporters.records()).build())
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

    @Override
    public void close() {
        sdk.close();
    }
}
