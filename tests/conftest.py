"""What the tests of the local Lambda and those with lull in it share."""

import pytest

from lambda_local.network import Network, available


@pytest.fixture
def network():
    """A network for one environment that is cut when it is frozen."""
    if why := available():
        pytest.skip(why)
    made = Network()
    yield made
    made.close()
