cimport cython
from libc.stdint cimport int64_t

from tradewind.core.engine cimport Engine
from tradewind.core.event_checks cimport check
from tradewind.core.market cimport Market
from tradewind.core.state cimport StrategyBook


cdef class View:
    cdef Engine _engine
    cdef StrategyBook _book
    cdef object _sizing, _cash_buffer
    cdef int64_t _issued, _tens
    cdef str _head, _journal_id
    cdef object _target(self, Market market, object kind, object value, object leg)
    cdef void _want(self, object intent) except *
    cdef object _quantity(self, Market market, object quantity)
    @cython.locals(number=int64_t, journal_id=str)
    cdef str _coming_id(self)
