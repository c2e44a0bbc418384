select
    returned.period,
    returned.side,
    returned.unit_path,
    returned.unit_code,
    max(returned.reported_on) as reported_on,
    bool_or(returned.is_inside) as tells_inside,
    -- of a return with rows that went back nobody knows what it leaves out
    any_value(cut_list.period) is not null as is_cut,
    array_agg(distinct returned.item) as items
from {{ ref('int_od_return') }} as returned
left join {{ ref('int_cut_list') }} as cut_list
    on
        cut_list.form_id = 'od_return'
        and returned.unit_code = cut_list.unit_code
        and returned.period = cut_list.period
where returned.is_heard
group by returned.period, returned.side, returned.unit_path, returned.unit_code
