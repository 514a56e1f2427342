cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.stepper cimport Stepper
from tradewind.core.target cimport Target
from tradewind.core.targets cimport due_targets, size_target


cdef class Pricer(Stepper):
    cdef int _price(self, Market market, int64_t time_ns, int64_t mark, int64_t buy, int64_t sell) except -1
    cdef int _reprice(self, Market market) except -1
    @cython.locals(target=Target)
    cdef object _size_targets(self, Market market, int64_t buy, int64_t sell)
    cdef object _watch(self, Market market, int64_t buy, int64_t sell)
    cdef object _watch_trade(self, Market market, int64_t price, int64_t size)
    cdef object _watch_bar(self, Market market, int64_t high, int64_t low, int64_t close, int64_t volume)
    cdef object _count_volume(self, Market market, int64_t size, int64_t of_bar)
