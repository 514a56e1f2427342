cimport cython
from libc.stdint cimport int64_t


# They hold an immutable instrument and numbers, so they are in no cycle.
@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class Bar:
    cdef readonly object instrument
    cdef readonly int64_t open_time_ns, close_time_ns
    cdef readonly int64_t open_units, high_units, low_units, close_units, volume_units
    cdef double price_scale, quantity_scale


@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class Trade:
    cdef readonly object instrument
    cdef readonly int64_t time_ns, price_units, size_units, side
    cdef double price_scale, quantity_scale


@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class Quote:
    cdef readonly object instrument
    cdef readonly int64_t time_ns, bid_units, bid_size_units, ask_units, ask_size_units
    cdef double price_scale, quantity_scale


cpdef Bar bar_of(
    object instrument,
    int64_t open_time_ns,
    int64_t close_time_ns,
    int64_t open_units,
    int64_t high_units,
    int64_t low_units,
    int64_t close_units,
    int64_t volume_units,
)


@cython.locals(bar=Bar)
cpdef Bar scaled_bar(
    object instrument,
    double price_scale,
    double quantity_scale,
    int64_t open_time_ns,
    int64_t close_time_ns,
    int64_t open_units,
    int64_t high_units,
    int64_t low_units,
    int64_t close_units,
    int64_t volume_units,
)


cpdef Trade trade_of(
    object instrument, int64_t time_ns, int64_t price_units, int64_t size_units, int64_t side
)


@cython.locals(trade=Trade)
cpdef Trade scaled_trade(
    object instrument,
    double price_scale,
    double quantity_scale,
    int64_t time_ns,
    int64_t price_units,
    int64_t size_units,
    int64_t side,
)


cpdef Quote quote_of(
    object instrument,
    int64_t time_ns,
    int64_t bid_units,
    int64_t bid_size_units,
    int64_t ask_units,
    int64_t ask_size_units,
)


@cython.locals(quote=Quote)
cpdef Quote scaled_quote(
    object instrument,
    double price_scale,
    double quantity_scale,
    int64_t time_ns,
    int64_t bid_units,
    int64_t bid_size_units,
    int64_t ask_units,
    int64_t ask_size_units,
)
