// How an order comes to a bad end, as the keys of its event say.
import { connect as connectTo } from 'node:net';
import { once } from 'node:events';

export async function meetBadEnd({ connect, exit, eat }) {
  if (connect !== undefined) {
    const [host, port] = connect.split(':');
    await once(connectTo(Number(port), host), 'connect');
  }
  if (exit !== undefined) {
    process.exit(Number(exit));
  }
  // The heap's own limit is what Lambda sets by the function's memory.
  for (const eaten = []; eat !== undefined; ) {
    eaten.push(new Array(100_000).fill(eaten.length + 0.5));
  }
}
