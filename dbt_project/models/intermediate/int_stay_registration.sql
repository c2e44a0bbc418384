{# A form confirmed by its days of registration is a register of registrations: to stand in it is to be registered. #}
with registration as (
    select
        sender.stay_id,
        sender.registered_date,
        least(sender.first_reported, sender.registered_date) as registered_by
    from {{ ref('stay_sender') }} as sender
    inner join {{ ref('stg_form') }} as form on sender.form_id = form.form_id
    where form.confirm_by = 'registered_date'
)

select
    stay_id,
    case when min(registered_date) = min(registered_by) then min(registered_date) end as registered_from,
    min(registered_by) as registered_by
from registration
group by stay_id
