cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order


cdef int64_t _EXTENDED, _OPG, _CLS, _SECOND_NS


cpdef tuple hours_breach(Order order, Market market, int64_t time_ns)
