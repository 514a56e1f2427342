cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.merge cimport Stream
from tradewind.signals.price_signal cimport PriceSignal
from tradewind.signals.signal cimport Signal


@cython.final
cdef class Gate:
    cdef readonly object function
    cdef readonly Signal signal
    cdef PriceSignal _priced
    @cython.locals(market=Market, signal=Signal, priced=PriceSignal, times="const int64_t[::1]", highs="const int64_t[::1]", lows="const int64_t[::1]", closes="const int64_t[::1]", volumes="const int64_t[::1]", price_scale=double, size_scale=double, quiet_ns=int64_t, row=Py_ssize_t, count=Py_ssize_t, before=double, value=double)
    cpdef bint seek(self, Stream stream) except -1


cpdef bint is_change(double before, double after) except -1
