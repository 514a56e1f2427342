cimport cython
from libc.stdint cimport int64_t

from tradewind.core.engine cimport Engine
from tradewind.core.event_checks cimport check, check_order_id, check_target, check_words
from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order, new_order
from tradewind.core.state cimport State, StrategyBook
from tradewind.core.target cimport Target, new_target


cdef int64_t _POSITION, _WEIGHT
cdef str _DIGITS
cdef object _BUY, _SELL, _NET, _GTC, _NO_FLAG


cdef class View:
    cdef Engine _engine
    cdef StrategyBook _book
    cdef object _cash_buffer
    cdef int64_t _sizing, _issued, _tens
    cdef str _head, _journal_id
    @cython.locals(target=Target, time_ns=int64_t)
    cdef object _target(self, Market market, int64_t kind, int64_t value, object leg)
    @cython.locals(state=State)
    cdef Market _market(self, object instrument)
    cdef int _price(self, Order order, Market market, object limit, object stop) except -1
    cdef object _want(self, object intent)
    cdef int64_t _quantity(self, Market market, object quantity) except? -1
    @cython.locals(number=int64_t, journal_id=str)
    cdef str _coming_id(self)
