package orders;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import io.opentelemetry.api.common.Attributes;
import java.util.Map;

/**
 * An ordinary instrumented Lambda function; nothing in it knows lull. The functions in the other
 * languages do the same. Keys of the event: order, the id of the order, an attribute and part of
 * every log line; error, fail with this message; connect, wait for this host:port to answer; exit,
 * end the process with this code; eat, have more memory than there is; cell, export this order with
 * telemetry of its own, made with the OTEL_ variables that are keys of the event, too, and with this
 * word in its resource.
 */
public final class Function implements RequestHandler<Map<String, String>, Map<String, String>> {
    private final Orders usual =
            new Orders(new Telemetry(Exporters.of(System.getenv()), Attributes.empty()));

    @Override
    public Map<String, String> handleRequest(Map<String, String> event, Context context) {
        String cell = event.get("cell");
        if (cell == null) {
            return usual.handle(event, context);
        }
        Attributes more = Attributes.builder().put("cell", cell).build();
        try (Telemetry telemetry = new Telemetry(Exporters.of(event), more)) {
            return new Orders(telemetry).handle(event, context);
        }
    }
}
