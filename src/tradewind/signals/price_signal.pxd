from tradewind.signals.signal cimport Signal


cdef class PriceSignal(Signal):
    cpdef double update(self, double price) except? -1
    cpdef double take_bar(self, double high, double low, double close, double volume) except? -1


cpdef PriceSignal checked_price_signal(object signal)
