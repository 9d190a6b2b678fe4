package orders;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How an order comes to a bad end, as the keys of its event say. */
final class BadEnds {
    private static final int MIB = 1 << 20;

    private BadEnds() {}

    static void meet(Map<String, String> event) {
        String connect = event.get("connect");
        if (connect != null) {
            String[] address = connect.split(":");
            try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
                socket.getOutputStream().flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        if (event.containsKey("exit")) {
            Runtime.getRuntime().halt(Integer.parseInt(event.get("exit")));
        }
        // The heap's own limit is what Lambda sets by the function's memory. In large pieces: what is
        // left when the last is refused is enough to tell of it.
        List<byte[]> eaten = new ArrayList<>();
        while (event.containsKey("eat")) {
            eaten.add(new byte[16 * MIB]);
        }
    }
}
