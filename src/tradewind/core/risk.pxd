cimport cython
from libc.stdint cimport int64_t

from tradewind.core.bounds cimport Bounds
from tradewind.core.exposure cimport Holding, Scope, convert
from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.model.numbers cimport magnitude


cdef int64_t OFF
cdef int64_t SHARE, _SHARE_MAX, _BASE_MAX


@cython.locals(bounds=Bounds, price=int64_t)
cpdef tuple breach_of(Order order, Holding holding, Scope scope, int64_t equity, int64_t time_ns)
cpdef int64_t reference_price(Order order, Holding holding) except? -1
cpdef int64_t exposed_price(Order order, Holding holding) except? -1
@cython.locals(bounds=Bounds, notional=int64_t)
cdef tuple _order_breach(Order order, Holding holding, Scope scope, int64_t price)
@cython.locals(bounds=Bounds, market=Market, away=int64_t, age=int64_t)
cdef tuple _price_breach(Order order, Holding holding, int64_t time_ns)
@cython.locals(bounds=Bounds)
cdef tuple _flow_breach(Order order, Holding holding, Scope scope, int64_t time_ns)
@cython.locals(bounds=Bounds, position=int64_t, resulting=int64_t, notional=int64_t)
cdef tuple _position_breach(Order order, Holding holding, Scope scope, int64_t price)
@cython.locals(bounds=Bounds, before=int64_t, after=int64_t, size=int64_t, grows=int64_t, gross=int64_t, net=int64_t, at_risk=int64_t)
cdef tuple _exposure_breach(Order order, Holding holding, Scope scope, int64_t equity, int64_t price)
@cython.locals(price=int64_t, notional=int64_t)
cpdef int64_t risk_of(Order order, Holding holding) except? -1
@cython.locals(wide=object, wide_share=object)
cpdef bint exceeds_share(int64_t amount, int64_t share, int64_t base) except -1
